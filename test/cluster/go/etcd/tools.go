//go:build tools

// Package tools names the commands that test/cluster/build.ts builds.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
)
