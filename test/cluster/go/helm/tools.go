//go:build tools

// Package tools names the commands that test/cluster/build.ts builds.
package tools

import (
	_ "helm.sh/helm/v3/cmd/helm"
)
