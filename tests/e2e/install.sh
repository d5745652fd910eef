#!/bin/sh
# install.sh FOLDER: the packages of package-lock.json into FOLDER, once per lock file. Tests without
# Node are skipped one by one (run.sh says why), so a missing Node is no failure here.
set -eu
source=$(dirname "$0")
folder=$1

if ! command -v npm >/dev/null 2>&1; then
    echo "npm is not installed: the end-to-end tests will be skipped (apt-get install nodejs npm)" >&2
    exit 0
fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$source"
sum=$(cat package.json package-lock.json .npmrc | cksum)
if [ "$(cat "$folder/installed" 2>/dev/null || true)" = "$sum" ]; then
    exit 0
fi
rm -f "$folder/installed"
cp package.json package-lock.json .npmrc "$folder/"
cd "$folder"
npm ci --no-audit --no-fund --loglevel=error
echo "$sum" >installed
