#!/usr/bin/env bash
# Runs a Python test with the system's Python: Debian's Bazel has no toolchain for py_test. usage: python_test.sh FILE
exec /usr/bin/python3 -B "$1"
