#!/usr/bin/env bash
# fuzz.sh DURATION: runs every native fuzz target of the module for DURATION each.
set -euo pipefail
grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do
  pkg=./$(dirname "${file#./}")
  grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | awk '{print $2}' | while read -r target; do
    echo "== $pkg $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 10x "$pkg" </dev/null
  done
done
