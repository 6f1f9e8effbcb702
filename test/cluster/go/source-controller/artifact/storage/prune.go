package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
)

// Remove deletes the artifact's file.
func (s *Storage) Remove(artifact meta.Artifact) error {
	return os.Remove(s.LocalPath(artifact))
}

// RemoveAll deletes all artifacts of the same object and answers the directory it deleted, or "".
func (s *Storage) RemoveAll(artifact meta.Artifact) (string, error) {
	directory := filepath.Dir(s.LocalPath(artifact))
	if _, err := os.Stat(directory); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return directory, os.RemoveAll(directory)
}

// RemoveAllButCurrent deletes every artifact of the same object but this one and answers their paths.
func (s *Storage) RemoveAllButCurrent(artifact meta.Artifact) ([]string, error) {
	files, err := s.others(artifact)
	if err != nil {
		return nil, err
	}
	return remove(context.Background(), files)
}

// GarbageCollect deletes artifacts of the same object beyond the retention count or age and answers their paths.
func (s *Storage) GarbageCollect(ctx context.Context, artifact meta.Artifact, timeout time.Duration) ([]string, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	files, err := s.others(artifact)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b stored) int { return b.changed.Compare(a.changed) })
	var old []stored
	for index, file := range files {
		// The current artifact is one of the records kept.
		if index >= s.Records-1 || time.Since(file.changed) > s.TTL {
			old = append(old, file)
		}
	}
	return remove(limited, old)
}

type stored struct {
	path    string
	changed time.Time
}

func (s *Storage) others(artifact meta.Artifact) ([]stored, error) {
	current := s.LocalPath(artifact)
	directory := filepath.Dir(current)
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	var files []stored
	for _, entry := range entries {
		name := filepath.Join(directory, entry.Name())
		if name == current || !entry.Type().IsRegular() || strings.HasSuffix(name, ".lock") || strings.HasPrefix(entry.Name(), ".new-") {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		files = append(files, stored{path: name, changed: info.ModTime()})
	}
	return files, nil
}

func remove(ctx context.Context, files []stored) ([]string, error) {
	var gone []string
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return gone, err
		}
		if err := os.Remove(file.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return gone, err
		}
		_ = os.Remove(file.path + ".lock")
		gone = append(gone, file.path)
	}
	return gone, nil
}
