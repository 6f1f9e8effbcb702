// Package storage keeps artifacts as files: <root>/<kind>/<namespace>/<name>/<file>.
package storage

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/artifact/config"
	"github.com/fluxcd/pkg/artifact/digest"
	digestlib "github.com/opencontainers/go-digest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Storage is a directory of artifacts and the host name under which they are served.
type Storage struct {
	BasePath string
	Hostname string
	TTL      time.Duration
	Records  int
}

// New opens the store; its directory has to exist.
func New(options *config.Options) (*Storage, error) {
	info, err := os.Stat(options.StoragePath)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", options.StoragePath)
	}
	host := options.StorageAdvAddress
	if host == "" {
		host = options.StorageAddress
	}
	return &Storage{
		BasePath: options.StoragePath,
		Hostname: host,
		TTL:      options.ArtifactRetentionTTL,
		Records:  options.ArtifactRetentionRecords,
	}, nil
}

// NewArtifactFor answers the description of an artifact that is not stored yet.
func (s *Storage) NewArtifactFor(kind string, owner metav1.Object, revision, file string) meta.Artifact {
	artifact := meta.Artifact{
		Path:     path.Join(strings.ToLower(kind), owner.GetNamespace(), owner.GetName(), file),
		Revision: revision,
	}
	s.SetArtifactURL(&artifact)
	return artifact
}

// SetArtifactURL points the artifact at this server.
func (s *Storage) SetArtifactURL(artifact *meta.Artifact) {
	if artifact == nil || artifact.Path == "" {
		return
	}
	artifact.URL = "http://" + s.Hostname + "/" + strings.TrimPrefix(artifact.Path, "/")
}

// SetHostname answers the address with the host of this server.
func (s *Storage) SetHostname(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || address == "" {
		return ""
	}
	parsed.Host = s.Hostname
	return parsed.String()
}

// LocalPath answers the artifact's file, or "" for a path that leaves the store.
func (s *Storage) LocalPath(artifact meta.Artifact) string {
	if artifact.Path == "" || !filepath.IsLocal(artifact.Path) {
		return ""
	}
	return filepath.Join(s.BasePath, artifact.Path)
}

// MkdirAll makes the artifact's directory.
func (s *Storage) MkdirAll(artifact meta.Artifact) error {
	return os.MkdirAll(filepath.Dir(s.LocalPath(artifact)), 0o700)
}

// ArtifactExist tells whether the artifact's file is there.
func (s *Storage) ArtifactExist(artifact meta.Artifact) bool {
	info, err := os.Lstat(s.LocalPath(artifact))
	return err == nil && info.Mode().IsRegular()
}

// VerifyArtifact compares the file with the recorded digest.
func (s *Storage) VerifyArtifact(artifact meta.Artifact) error {
	want, err := digestlib.Parse(artifact.Digest)
	if err != nil {
		return fmt.Errorf("digest %q: %w", artifact.Digest, err)
	}
	file, err := os.Open(s.LocalPath(artifact))
	if err != nil {
		return err
	}
	defer file.Close()
	verifier := want.Verifier()
	if _, err := io.Copy(verifier, file); err != nil {
		return err
	}
	if !verifier.Verified() {
		return fmt.Errorf("%s does not match %s", artifact.Path, want)
	}
	return nil
}

// Lock takes the artifact's file lock; the answer gives it back.
func (s *Storage) Lock(artifact meta.Artifact) (func(), error) {
	file, err := os.OpenFile(s.LocalPath(artifact)+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}

// Symlink points a fixed name beside the artifact at it and answers that name's URL.
func (s *Storage) Symlink(artifact meta.Artifact, name string) (string, error) {
	target := s.LocalPath(artifact)
	link := filepath.Join(filepath.Dir(target), name)
	fresh := link + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if err := os.Symlink(filepath.Base(target), fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, link); err != nil {
		return "", err
	}
	return "http://" + s.Hostname + "/" + path.Join(path.Dir(artifact.Path), name), nil
}

// write stores what fill writes, in one rename, and completes the artifact's description.
func (s *Storage) write(artifact *meta.Artifact, fill func(io.Writer) error) error {
	target := s.LocalPath(*artifact)
	if target == "" {
		return fmt.Errorf("path %q leaves the store", artifact.Path)
	}
	file, err := os.CreateTemp(filepath.Dir(target), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	digester := digest.Canonical.Digester()
	counter := &counting{}
	err = fill(io.MultiWriter(file, digester.Hash(), counter))
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if err := os.Rename(file.Name(), target); err != nil {
		return err
	}
	artifact.Digest = digester.Digest().String()
	artifact.LastUpdateTime = metav1.Now()
	artifact.Size = &counter.bytes
	return nil
}

type counting struct{ bytes int64 }

func (c *counting) Write(p []byte) (int, error) {
	c.bytes += int64(len(p))
	return len(p), nil
}
