#!/usr/bin/env bash
# tools/bench --against from end to end, in a repository of its own: what it builds is made up (a
# stand-in for bazel), so nothing is timed; git, the script and the comparer are real.
set -euo pipefail

script=$PWD/$1
compare=$PWD/$2
world=$TEST_TMPDIR/world
export HOME=$world XDG_CACHE_HOME=$world/cache GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org

# "Builds" a program whose rows take as long as bench/seconds says: a line for each, `NAME SECONDS`.
write_stand_ins() {
  mkdir -p "$world/bin"
  cat >"$world/bin/bazel" <<'BAZEL'
#!/usr/bin/env bash
set -euo pipefail
case " $* " in
  *" shutdown "*) exit 0 ;;
esac
if [ -e bench/broken ]; then echo "bench/broken: does not compile" >&2; exit 1; fi
mkdir -p bazel-bin/bench/compare
{
  cat bench/bench.in
  echo "exit 0  # $(tr '\n' ' ' <bench/seconds)"
} >bazel-bin/bench/bench
chmod +x bazel-bin/bench/bench
cp "$STAND_IN_COMPARE" bazel-bin/bench/compare/compare
BAZEL
  chmod +x "$world/bin/bazel"
  export PATH=$world/bin:$PATH STAND_IN_COMPARE=$compare
}

# Its rows are in its last line; run N takes N thousandths more, and so does its counterpart.
write_repository() {
  mkdir -p "$world/tree/tools" "$world/tree/bench" "$world/tree/.deps"
  cd "$world/tree"
  cp "$script" tools/bench
  printf '#!/bin/sh\nexit 0\n' >tools/setup
  chmod +x tools/bench tools/setup
  cat >bench/bench.in <<'PROGRAM'
#!/usr/bin/env bash
set -euo pipefail
if [ "$1" = --help ]; then echo "--samples FILE"; exit 0; fi
while [ "$1" != --samples ]; do shift; done
run=${2%.json}
awk -v run="$run" '/^exit 0/ {
  printf "{\"format\": 1, \"size\": \"quick\", \"rows\": ["
  for (i = 4; i < NF; i += 2) {
    printf "%s{\"name\": \"%s\", \"unit\": \"seconds\", \"slowdown_limit\": 0.1, \"numbers\": [%g]}",
           i == 4 ? "" : ",", $i, $(i + 1) * (1 + run / 1000)
  }
  print "]}"
}' "$0" >"$2"
PROGRAM
  touch bench/BUILD.bazel
  echo '.deps/' >.gitignore
  git init --quiet --initial-branch=main
}

commit() { git add --all && git commit --quiet --allow-empty --message "$1" && git tag "$1"; }
rows() { printf '%s\n' "$@" >bench/seconds; }

# sees STATUS TEXT WORDS...: tools/bench WORDS ends so, and says TEXT on one of its outputs.
failures=0
sees() {
  local status=$1 text=$2 got=0
  shift 2
  tools/bench "$@" >"$world/out" 2>"$world/err" || got=$?
  if [ "$got" -eq "$status" ] && grep --quiet --fixed-strings -e "$text" "$world/out" "$world/err"; then
    return
  fi
  echo "FAILED: tools/bench $* ended with $got instead of $status, or did not say '$text':"
  cat "$world/out" "$world/err"
  failures=$((failures + 1))
}

write_stand_ins
write_repository
git rm --quiet --cached bench/BUILD.bazel 2>/dev/null || true
mv bench "$world/bench" && commit without_benchmarks && mv "$world/bench" bench
rows 'scan 0.001' 'sha256 0.5'
commit first
rows 'other 1' && commit other_rows
rows 'scan 0.001' 'sha256 0.5' && touch bench/broken && commit broken && rm bench/broken
sed -i 's/"--samples FILE"/"--quick"/' bench/bench.in && commit older
git checkout --quiet first -- bench && rm -f bench/broken && commit last

sees 0 'Usage: tools/bench' --help
sees 2 "unknown argument '--agianst'" --agianst first
sees 2 '--against needs a revision' --against
sees 2 '--against needs a revision' --against ''
sees 2 '--only needs a text' --only
sees 2 "there is no revision 'fisrt'" --against fisrt
sees 2 "there is no revision '--all'" --against --all

sees 3 "'without_benchmarks' has no benchmarks" --against without_benchmarks
sees 3 "'broken' does not build" --against broken
sees 3 'older than --against' --against older
sees 3 'no row in common' --against other_rows --quick

sees 0 'the two programs are the same bytes' --against first --quick
rows 'scan 0.00102' 'sha256 0.5'
sees 0 'slower, within its limit' --against first
rows 'scan 0.0008' 'sha256 0.5'
sees 0 'faster' --against first
# Neither change was committed: the tree is measured as it stands.
rows 'scan 0.0012' 'sha256 0.5' 'new 1'
sees 1 'REGRESSION: scan' --against first --quick
sees 1 'only here: new' --against first --quick
sees 1 '"verdict": "regression"' --against first --json
if [ "$(head --bytes 1 "$world/out")" != '{' ]; then
  echo "FAILED: --json prints something before its object"; failures=$((failures + 1))
fi

rm bench/seconds && printf 'not a number' >bench/seconds
sees 3 'write their samples differently' --against first --quick
touch bench/broken
sees 3 'this tree does not build' --against first
rm bench/broken && sed -i 's/^run=.*/exit 7/' bench/bench.in
sees 3 "the benchmarks of 'here' did not run to their end" --against first

if [ -n "$(git worktree list --porcelain | sed '1,/^$/d')" ] || [ "$(git stash list)" != '' ]; then
  echo "FAILED: something was left in the repository"; failures=$((failures + 1))
fi
exit "$((failures > 0))"
