#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds dom and domovoi-vm into out/. Several may run at once: the first builds, the others wait and find it done.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
stamp=out/.built
started=$(date +%s)

command -v dotnet >/dev/null 2>&1 || {
    echo "dom: the .NET SDK is missing; install .NET 10 from https://dotnet.microsoft.com/download" >&2
    exit 1
}

mkdir -p out
exec 9>out/.lock
if ! flock -n 9; then
    echo "dom: waiting for another build ..."
    flock 9
fi
if [ -f "$stamp" ] && [ -x out/dom ] && [ -x out/domovoi-vm ] &&
    [ -z "$(find src Directory.Build.props Directory.Packages.props global.json \( -name bin -o -name obj \) -prune -o \
        -newer "$stamp" \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.json' -o -name '*.sh' \) -print -quit)" ]; then
    exit 0
fi

# A compiler without the C library's start files cannot link either, so the whole way is tried.
links() {
    command -v "$1" >/dev/null 2>&1 && echo 'int main(void) { return 0; }' | "$1" -x c - -o out/.links >/dev/null 2>&1
}
if links clang; then
    kind="native build"
    set -- -p:PublishAot=true -p:StripSymbols=true
elif links gcc; then
    kind="native build"
    set -- -p:PublishAot=true -p:StripSymbols=true -p:CppCompilerAndLinker=gcc
else
    kind="runtime build, trimmed; with gcc and libc6-dev it would be native and start faster"
    # Each in one file: the two are trimmed apart, and neither's libraries have what the other needs.
    set -- --self-contained true -p:PublishTrimmed=true -p:PublishReadyToRun=true -p:PublishSingleFile=true
fi

echo "dom: building ($kind); this takes a minute or two, once"
rm -f out/.links
touch out/.begun
for project in Domovoi.DomainHost Domovoi.Cli; do
    echo "dom:   $project ..."
    if ! dotnet publish "src/$project" -c Release -r linux-x64 -o out/fresh -nologo -v quiet \
        -p:DebugType=none -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false "$@" >out/build.log 2>&1; then
        cat out/build.log >&2
        echo "dom: the build failed" >&2
        exit 1
    fi
done

# A running dom or domovoi-vm keeps its old file: each is replaced by renaming. Libraries are an older build's.
rm -rf out/fresh/*.dbg out/fresh/*.pdb out/fresh/*.xml out/*.dll out/*.so out/*.json out/createdump
for file in out/fresh/* out/fresh/.[!.]*; do
    [ -e "$file" ] || continue
    rm -rf "out/${file##*/}.old"
    mv -f "$file" out/ 2>/dev/null || { mv "out/${file##*/}" "out/${file##*/}.old"; mv "$file" out/; rm -rf "out/${file##*/}.old"; }
done
rmdir out/fresh 2>/dev/null || true
mv -f out/.begun "$stamp"
echo "dom: built in $(($(date +%s) - started)) s"
