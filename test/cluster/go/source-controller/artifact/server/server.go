// Package server hands the stored artifacts out over plain HTTP.
package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/fluxcd/pkg/artifact/config"
)

// Start serves the storage directory until the context ends.
func Start(ctx context.Context, options *config.Options) error {
	files := http.FileServer(http.Dir(options.StoragePath))
	listener := &http.Server{Addr: options.StorageAddress, Handler: files, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = listener.Close()
	}()
	if err := listener.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
