#!/usr/bin/env python3
"""Makes manual pages, shell completions and default files from what the programs say of themselves.

usage: make_pages.py BIN_FOLDER OUTPUT_FOLDER
"""

import os
import re
import subprocess
import sys
import tempfile

BIN, OUT = sys.argv[1:3]
SERVERS = ("twofold-server", "twofold-prompt")
COMMAND = "twofold"
# What the unit sets.
UNIT = {"TWOFOLD_DATA_DIR": "/var/lib/twofold", "TWOFOLD_AUDIT_LOG": "/var/log/twofold/audit.log"}
OPTION = re.compile(r"^  (?:-\w,)?(--[a-z][a-z_-]*)(?: ([A-Z]\S*))?.*$", re.M)
VARIABLE = re.compile(r"^  --[a-z_]+(?: [A-Z]+)?(?:=(\S+))? \(Env:(\w+)\)(?: REQUIRED)?\n?\s+(.*)$", re.M)
SUBCOMMAND = re.compile(r"^  ([a-z][a-z-]*) {2,}(.*)$", re.M)


def help_of(*words):
    path = os.path.join(BIN, words[0])
    return subprocess.run([path, *words[1:], "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout


def part(text, heading):
    found = re.search(rf"^{heading}:\n(.*?)(?:\n\n|\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def commands(*words):
    """{words of a command: (subcommands with their texts, options)} of a program, below what `words` name."""
    text = help_of(*words)
    below = SUBCOMMAND.findall(part(text, "Subcommands"))
    found = {words: (below, sorted({name for name, _ in OPTION.findall(text)}))}
    for name, _ in below:
        found.update(commands(*words, name))
    return found


def write(name, text):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as file:
        file.write(text)


def manual(words, section, about):
    """help2man runs one program, so a script stands for a subcommand."""
    name = "-".join(words)
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, name)
        with open(script, "w", encoding="utf-8") as file:
            program = os.path.abspath(os.path.join(BIN, words[0]))
            file.write(f"#!/bin/sh\nexec '{program}' {' '.join(words[1:])} \"$@\"\n")
        os.chmod(script, 0o755)
        subprocess.run(
            ["help2man", "--no-info", f"--section={section}", f"--name={about}", f"--version-string={VERSION}",
             "--no-discard-stderr", "--source=Twofold", f"--output={OUT}/{name}.{section}", script], check=True)


def default_file(program):
    lines = [f"# Settings of {program}. Remove a # to change one, then run: systemctl restart {program}",
             f"# The manual page {program}(8) and /usr/share/doc/twofold-server say what they mean.", ""]
    for value, variable, about in VARIABLE.findall(help_of(program)):
        lines += [f"# {about}", f"#{variable}={UNIT.get(variable, value)}", ""]
    write(f"{program}.default", "\n".join(lines))


def bash(tree):
    cases = "".join(
        f"    '{' '.join(words)}') words='{' '.join([name for name, _ in below] + options)}' ;;\n"
        for words, (below, options) in tree.items())
    write(f"bash/{COMMAND}", f"""# Completion of {COMMAND} for bash.
_{COMMAND}() {{
  local path={COMMAND} word words=''
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$path $word" in
      {'|'.join(repr(' '.join(words)) for words in tree if len(words) > 1)}) path="$path $word" ;;
    esac
  done
  case $path in
{cases}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}")
}}
complete -o default -F _{COMMAND} {COMMAND}
""")


def zsh(tree):
    cases = ""
    for words, (below, options) in tree.items():
        described = " ".join("'%s:%s'" % (name, about.replace("'", "'\\''").replace(":", "\\:"))
                             for name, about in below)
        cases += f"    '{' '.join(words)}') commands=({described}); options=({' '.join(options)}) ;;\n"
    write(f"_{COMMAND}", f"""#compdef {COMMAND}
# Completion of {COMMAND} for zsh.
local path_so_far={COMMAND} word
local -a commands options
for word in ${{words[2,CURRENT-1]}}; do
  case "$path_so_far $word" in
    {'|'.join(repr(' '.join(words)) for words in tree if len(words) > 1)}) path_so_far="$path_so_far $word" ;;
  esac
done
case $path_so_far in
{cases}esac
(( $#commands )) && _describe command commands
compadd -- $options
_files
""")


def fish(tree):
    lines = [f"# Completion of {COMMAND} for fish."]
    for words, (below, options) in tree.items():
        seen = " ".join(words[1:])
        only = [f"__fish_seen_subcommand_from {word}" for word in words[1:]]
        if below:
            names = " ".join(name for name, _ in below)
            only_here = "; and ".join([*only, f"not __fish_seen_subcommand_from {names}"])
            for name, about in below:
                quoted = about.replace("\\", "\\\\").replace("'", "\\'")
                lines.append(f"complete -c {COMMAND} -f -n '{only_here}' -a {name} -d '{quoted}'")
        condition = f" -n '{'; and '.join(only)}'" if seen else ""
        lines += [f"complete -c {COMMAND}{condition} -l {option[2:]}" for option in options]
    write(f"{COMMAND}.fish", "\n".join(lines) + "\n")


os.makedirs(os.path.join(OUT, "bash"), exist_ok=True)
VERSION = subprocess.run([os.path.join(BIN, COMMAND), "--version"], check=True, stdout=subprocess.PIPE,
                         text=True).stdout.split()[-1]
for server in SERVERS:
    manual((server,), 8, help_of(server).split("\n")[0].rstrip("."))
    default_file(server)
TREE = commands(COMMAND)
for path, _ in TREE.items():
    manual(path, 1, help_of(*path).split("\n")[0].rstrip("."))
bash(TREE)
zsh(TREE)
fish(TREE)
