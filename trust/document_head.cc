#include "trust/document_head.h"

#include <sstream>

namespace mig::trust {

std::string ToText(const Numbers& numbers) {
  std::ostringstream out;
  out << numbers;
  return out.str();
}

}  // namespace mig::trust
