#!/bin/sh
# Builds what a release consists of, into dist/: an archive for each target, their checksums, and a bill of materials
# (CycloneDX). It publishes nothing. The npm packages and the Go modules of the SDK must have the version already.
#
#   .github/release.sh v0.2.0
#   TARGETS="linux/amd64" .github/release.sh v0.2.0     # only some
set -eu
version=${1:?usage: release.sh VERSION}
cd "$(dirname "$0")/.."
for package in sdk/js sdk/js/*/package.json; do
	package=${package%/package.json}
	if ! grep -q "^  \"version\": \"${version#v}\"" "$package/package.json"; then
		echo "$package/package.json does not have the version ${version#v}" >&2
		exit 1
	fi
done
if grep -E '^\s*(require )?github.com/basalt-dev/basalt(/sdk/go)? v' sdk/go/worker/go.mod | grep -vq " $version$"; then
	echo "sdk/go/worker/go.mod does not require $version of our own modules" >&2
	exit 1
fi
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
