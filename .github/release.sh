#!/bin/sh
# Builds what a release consists of, into dist/: an archive for each target, their checksums, and a bill of materials
# (CycloneDX). It publishes nothing.
#
#   .github/release.sh v0.2.0
#   TARGETS="linux/amd64" .github/release.sh v0.2.0     # only some
set -eu
version=${1:?usage: release.sh VERSION}
cd "$(dirname "$0")/.."
rm -rf dist
mkdir dist
sbom=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
for target in ${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}; do
	os=${target%/*} arch=${target#*/} program=basalt
	[ "$os" = windows ] && program=basalt.exe
	name=basalt_${version#v}_${os}_${arch}
	mkdir "dist/$name"
	echo "building $name"
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags "-s -w -X main.version=$version" -o "dist/$name/$program" ./cmd/basalt
	cp LICENSE README.md CHANGELOG.md "dist/$name/"
	go run "$sbom" bin -json -output "dist/$name.cdx.json" "dist/$name/$program"
	tar -C dist --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -czf "dist/$name.tar.gz" "$name"
	rm -r "dist/${name:?}"
done
(cd dist && sha256sum basalt_* >checksums.txt)
ls -l dist
