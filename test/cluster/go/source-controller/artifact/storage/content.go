package storage

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/sourceignore"
	"github.com/fluxcd/pkg/sourceignore/gitignore"
	fluxtar "github.com/fluxcd/pkg/tar"
)

// ArchiveFileFilter answers true for a file to leave out.
type ArchiveFileFilter func(name string, info os.FileInfo) bool

// SourceIgnoreFilter leaves out what the patterns (or the defaults, when there are none) match.
func SourceIgnoreFilter(patterns []gitignore.Pattern, domain []string) ArchiveFileFilter {
	matcher := sourceignore.NewDefaultMatcher(patterns, domain)
	if len(patterns) > 0 {
		matcher = sourceignore.NewMatcher(append(sourceignore.VCSPatterns(domain), patterns...))
	}
	return func(name string, info os.FileInfo) bool {
		return matcher.Match(strings.Split(name, string(filepath.Separator)), info.IsDir())
	}
}

// Archive stores the directory as a tar.gz whose bytes depend on names, modes and contents only.
func (s *Storage) Archive(artifact *meta.Artifact, directory string, skip ArchiveFileFilter) error {
	return s.write(artifact, func(out io.Writer) error {
		packed := gzip.NewWriter(out)
		archive := tar.NewWriter(packed)
		err := filepath.WalkDir(directory, func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return add(archive, directory, name, entry, skip)
		})
		if err != nil {
			return err
		}
		if err := archive.Close(); err != nil {
			return err
		}
		return packed.Close()
	})
}

func add(archive *tar.Writer, directory, name string, entry fs.DirEntry, skip ArchiveFileFilter) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	// Only files and folders: a symlink could point out of the archive.
	if name == directory || !(info.Mode().IsRegular() || info.IsDir()) {
		return nil
	}
	if skip != nil && skip(name, info) {
		if info.IsDir() {
			return filepath.SkipDir
		}
		return nil
	}
	relative, err := filepath.Rel(directory, name)
	if err != nil {
		return err
	}
	header := &tar.Header{Name: filepath.ToSlash(relative), Mode: int64(info.Mode().Perm())}
	if info.IsDir() {
		header.Typeflag = tar.TypeDir
		header.Name += "/"
		return archive.WriteHeader(header)
	}
	header.Typeflag = tar.TypeReg
	header.Size = info.Size()
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(archive, file)
	return err
}

// AtomicWriteFile stores what the reader yields; the mode is that of the temporary file (0600).
func (s *Storage) AtomicWriteFile(artifact *meta.Artifact, reader io.Reader, _ os.FileMode) error {
	return s.Copy(artifact, reader)
}

// Copy stores what the reader yields.
func (s *Storage) Copy(artifact *meta.Artifact, reader io.Reader) error {
	return s.write(artifact, func(out io.Writer) error {
		_, err := io.Copy(out, reader)
		return err
	})
}

// CopyFromPath stores the bytes of a file.
func (s *Storage) CopyFromPath(artifact *meta.Artifact, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return s.Copy(artifact, file)
}

// CopyToPath unpacks the artifact and moves one of its sub-paths to target.
func (s *Storage) CopyToPath(artifact *meta.Artifact, subPath, target string) error {
	scratch, err := os.MkdirTemp("", "artifact-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	file, err := os.Open(s.LocalPath(*artifact))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := fluxtar.Untar(file, scratch, fluxtar.WithMaxUntarSize(-1)); err != nil {
		return err
	}
	if !filepath.IsLocal(filepath.Join(".", subPath)) {
		return os.ErrInvalid
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	return os.CopyFS(target, os.DirFS(filepath.Join(scratch, subPath)))
}
