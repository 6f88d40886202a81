#!/usr/bin/env bash
# The shipped loader runs on any machine with glibc: nothing else is linked dynamically, and it
# answers without a configuration.
set -euo pipefail

program=$1
needed=$(ldd "$program" | awk '{print $1}' | sort)
for library in $needed; do
  case $library in
    linux-vdso.so.* | libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | */ld-linux-*) ;;
    *)
      echo "mig-loader needs $library" >&2
      exit 1
      ;;
  esac
done

"$program" --version | grep --quiet '^[0-9]'
if "$program" status --config /does/not/exist 2>/dev/null; then
  echo "a missing configuration was no error" >&2
  exit 1
fi
