// Package config holds the settings of the artifact store of the tests.
package config

import (
	"os"
	"time"

	"github.com/spf13/pflag"
)

// Options are the settings that source-controller binds to its flags.
type Options struct {
	StoragePath              string
	StorageAddress           string
	StorageAdvAddress        string
	ArtifactRetentionTTL     time.Duration
	ArtifactRetentionRecords int
	ArtifactDigestAlgo       string
}

// BindFlags adds the flags of the store to the set.
func (o *Options) BindFlags(set *pflag.FlagSet) {
	set.StringVar(&o.StoragePath, "storage-path", os.Getenv("STORAGE_PATH"), "directory that holds the artifacts")
	set.StringVar(&o.StorageAddress, "storage-addr", ":9090", "address that the file server listens on")
	set.StringVar(&o.StorageAdvAddress, "storage-adv-addr", os.Getenv("STORAGE_ADV_ADDR"), "address written into artifact URLs")
	set.DurationVar(&o.ArtifactRetentionTTL, "artifact-retention-ttl", time.Minute, "age after which an old artifact may go")
	set.IntVar(&o.ArtifactRetentionRecords, "artifact-retention-records", 2, "artifacts kept for each object")
	set.StringVar(&o.ArtifactDigestAlgo, "artifact-digest-algo", "sha256", "digest algorithm of artifacts")
}
