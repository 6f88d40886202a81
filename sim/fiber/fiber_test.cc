#include "sim/fiber/fiber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/status_matchers.h"
#include "sim/fiber/stack_pool.h"

namespace mig::sim {
namespace {

using base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<Fiber> Make(StackPool& pool, absl::AnyInvocable<void()> body) {
  auto fiber = Fiber::Create(pool, std::move(body));
  EXPECT_THAT(fiber, base::testing::IsOk());
  return *std::move(fiber);
}

// Says in a list that it was destroyed.
struct Mourned {
  std::vector<std::string>& log;
  std::string name;
  ~Mourned() { log.push_back(name); }
};

TEST(FiberTest, GoesOnWhereItWasSetAside) {
  StackPool pool(1);
  std::vector<std::string> log;
  std::unique_ptr<Fiber> fiber;
  fiber = Make(pool, [&] {
    log.push_back("one");
    fiber->Suspend();
    log.push_back("two");
  });
  EXPECT_THAT(log, ElementsAre());

  fiber->Resume();
  EXPECT_THAT(log, ElementsAre("one"));
  EXPECT_FALSE(fiber->finished());

  fiber->Resume();
  EXPECT_THAT(log, ElementsAre("one", "two"));
  EXPECT_TRUE(fiber->finished());
}

TEST(FiberTest, ACancelledWaitUnwindsAllFrames) {
  StackPool pool(1);
  std::vector<std::string> log;
  std::unique_ptr<Fiber> fiber;
  fiber = Make(pool, [&] {
    const Mourned outer{log, "outer"};
    [&] {
      const Mourned inner{log, "inner"};
      fiber->Suspend();
      log.push_back("went on");
    }();
  });
  fiber->Resume();

  fiber->Cancel();
  EXPECT_THAT(log, ElementsAre()) << "Cancel alone runs nothing";
  fiber->Resume();

  EXPECT_THAT(log, ElementsAre("inner", "outer"));
  EXPECT_TRUE(fiber->finished());
}

TEST(FiberTest, OneThatIsDestroyedInTheMiddleUnwindsFirst) {
  StackPool pool(1);
  std::vector<std::string> log;
  std::unique_ptr<Fiber> fiber;
  fiber = Make(pool, [&] {
    const Mourned frame{log, "frame"};
    fiber->Suspend();
  });
  fiber->Resume();

  fiber.reset();

  EXPECT_THAT(log, ElementsAre("frame"));
  EXPECT_EQ(pool.out(), 0u);
}

TEST(FiberTest, OneThatNeverBeganIsDestroyedWithWhatItHolds) {
  StackPool pool(1);
  auto held = std::make_shared<int>(7);
  std::unique_ptr<Fiber> fiber = Make(pool, [held] { FAIL() << "it was never resumed"; });
  ASSERT_EQ(held.use_count(), 2);

  fiber.reset();

  EXPECT_EQ(held.use_count(), 1);
}

TEST(FiberTest, WhoCatchesTheCancellationMeetsItAgain) {
  StackPool pool(1);
  int caught = 0;
  std::unique_ptr<Fiber> fiber;
  fiber = Make(pool, [&] {
    for (;;) {
      try {
        fiber->Suspend();
      } catch (const Cancelled&) {
        if (++caught == 3) throw;
      }
    }
  });
  fiber->Resume();
  fiber->Cancel();
  fiber->Resume();

  EXPECT_EQ(caught, 3);
  EXPECT_TRUE(fiber->finished());
}

TEST(FiberTest, ADestructorThatBlocksWhileUnwindingReturnsAtOnce) {
  StackPool pool(1);
  std::unique_ptr<Fiber> fiber;
  bool returned = false;
  struct Waits {
    Fiber& fiber;
    bool& returned;
    ~Waits() {
      fiber.Suspend();
      returned = true;
    }
  };
  fiber = Make(pool, [&] {
    const Waits waits{*fiber, returned};
    fiber->Suspend();
  });
  fiber->Resume();
  fiber->Cancel();
  fiber->Resume();

  EXPECT_TRUE(returned);
  EXPECT_TRUE(fiber->finished());
}

// The runtime keeps one stack of caught exceptions per thread; two fibers that are both inside a
// catch block would pop each other's.
TEST(FiberTest, ExceptionsOfTwoFibersDoNotMix) {
  StackPool pool(2);
  std::unique_ptr<Fiber> fibers[2];
  std::vector<std::string> log;
  for (int i = 0; i < 2; ++i) {
    fibers[i] = Make(pool, [&, i] {
      try {
        throw std::runtime_error("of fiber " + std::to_string(i));
      } catch (const std::exception& e) {
        fibers[i]->Suspend();
        try {
          throw;
        } catch (const std::exception& again) {
          log.push_back(again.what());
        }
      }
    });
  }
  for (auto& fiber : fibers) fiber->Resume();
  EXPECT_EQ(std::current_exception(), nullptr);
  for (auto& fiber : fibers) fiber->Resume();

  EXPECT_THAT(log, ElementsAre("of fiber 0", "of fiber 1"));
}

TEST(FiberTest, OneFiberMayResumeAnother) {
  StackPool pool(2);
  std::vector<std::string> log;
  std::unique_ptr<Fiber> inner;
  inner = Make(pool, [&] {
    log.push_back("inner");
    inner->Suspend();
    log.push_back("inner again");
  });
  std::unique_ptr<Fiber> outer = Make(pool, [&] {
    inner->Resume();
    log.push_back("outer");
  });
  outer->Resume();
  inner->Resume();

  EXPECT_THAT(log, ElementsAre("inner", "outer", "inner again"));
}

TEST(FiberTest, OneMayOutliveTheFiberThatMadeIt) {
  StackPool pool(2);
  std::vector<std::string> log;
  std::unique_ptr<Fiber> child;
  std::unique_ptr<Fiber> parent =
      Make(pool, [&] { child = Make(pool, [&] { log.push_back("child"); }); });
  parent->Resume();
  parent.reset();

  child->Resume();

  EXPECT_THAT(log, ElementsAre("child"));
}

TEST(FiberTest, AThousandTakeTurnsAndThrow) {
  constexpr int kFibers = 1'000;
  constexpr int kTurns = 10;
  StackPool pool(kFibers);
  std::vector<std::unique_ptr<Fiber>> fibers(kFibers);
  int thrown = 0;
  int turns = 0;
  for (int i = 0; i < kFibers; ++i) {
    fibers[i] = Make(pool, [&, i] {
      for (int turn = 0; turn < kTurns; ++turn) {
        char frame[4'096] = {};  // its own, whatever the others do meanwhile
        frame[turn] = static_cast<char>(i % 100);
        try {
          ++turns;
          fibers[i]->Suspend();
          throw std::runtime_error("turn");
        } catch (const std::runtime_error&) {
          ++thrown;
        }
        EXPECT_EQ(frame[turn], i % 100);
      }
    });
  }
  for (int turn = 0; turn <= kTurns; ++turn) {
    for (auto& fiber : fibers) fiber->Resume();
  }
  EXPECT_EQ(turns, kFibers * kTurns);
  EXPECT_EQ(thrown, kFibers * kTurns);
  for (const auto& fiber : fibers) EXPECT_TRUE(fiber->finished());
}

TEST(FiberTest, StacksAreUsedAgain) {
  StackPool pool(1);
  char* first = nullptr;
  for (int i = 0; i < 100; ++i) {
    char* bottom = nullptr;
    Make(pool, [&] { bottom = static_cast<char*>(__builtin_frame_address(0)); })->Resume();
    if (first == nullptr) first = bottom;
    EXPECT_EQ(bottom, first);
  }
}

TEST(FiberTest, MoreThanTheBoundAreRefused) {
  StackPool pool(1);
  const std::unique_ptr<Fiber> fiber = Make(pool, [] {});

  EXPECT_THAT(Fiber::Create(pool, [] {}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("max_fibers")));
}

TEST(FiberDeathTest, AnExceptionThatLeavesTheBodyAborts) {
  StackPool pool(1);
  const std::unique_ptr<Fiber> fiber = Make(pool, [] { throw std::runtime_error("our own bug"); });
  EXPECT_DEATH(fiber->Resume(), "left the body of a fiber: our own bug");
}

TEST(FiberDeathTest, AnOverflowMeetsTheGuardPage) {
  StackPool pool(1);
  const Stack stack = *pool.Take();
  EXPECT_DEATH(*static_cast<volatile char*>(stack.bottom - 1) = 1, "");
  *static_cast<volatile char*>(stack.bottom) = 1;
  *static_cast<volatile char*>(stack.top() - 1) = 1;
  pool.GiveBack(stack);
}

}  // namespace
}  // namespace mig::sim
