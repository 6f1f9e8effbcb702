//go:build tools

// Package tools names the commands that test/cluster/build.ts builds.
package tools

import _ "sigs.k8s.io/cri-tools/cmd/crictl"
