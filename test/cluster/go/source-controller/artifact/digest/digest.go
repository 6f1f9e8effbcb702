// Package digest names the digest algorithm that artifacts use.
package digest

import (
	"fmt"

	digestlib "github.com/opencontainers/go-digest"
)

// Canonical is the algorithm of every new artifact.
var Canonical = digestlib.SHA256

// AlgorithmForName answers the algorithm, or an error when it is not linked in.
func AlgorithmForName(name string) (digestlib.Algorithm, error) {
	algorithm := digestlib.Algorithm(name)
	if !algorithm.Available() {
		return "", fmt.Errorf("digest algorithm %q is not available", name)
	}
	return algorithm, nil
}
