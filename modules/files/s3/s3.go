// Package s3 stores the bytes of files in a bucket of S3, or of a server that speaks its protocol.
//
// It is not for buckets: one must exist. Several nodes, and several programs with different prefixes, may share it.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

func init() {
	storage.Register("s3", storage.Registration{
		Open:  func(_ context.Context, c storage.Config) (storage.Storage, error) { return Open(c) },
		Check: check,
	})
}

const (
	// partSize is how much of a file whose size is not known is held until it is sent; no less is accepted by S3.
	partSize = 5 << 20
	// maxCopy is the largest object that one call copies.
	maxCopy = 5 << 30
	// retryAfter is when a client comes again while S3 refuses or is away.
	retryAfter = 2 * time.Second
)

func check(c storage.Config) error {
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "":
		return errors.New("endpoint is the address of the S3 server, as in https://s3.eu-central-1.amazonaws.com")
	case c.Bucket == "":
		return errors.New("bucket is missing: the bucket of the files")
	case (c.Key == "") != (c.Secret == ""):
		return errors.New("key and secret are set together, or neither is")
	case c.Token != "" && c.Key == "":
		return errors.New("token needs a key and a secret")
	case c.Dir != "":
		return errors.New("dir is of the driver local")
	}
	return nil
}

// Storage is a bucket, or what begins with a prefix in one.
type Storage struct {
	client         *minio.Client
	bucket, prefix string
}

// Open returns a bucket. The server is not asked yet.
func Open(c storage.Config) (*Storage, error) {
	if err := check(c); err != nil {
		return nil, err
	}
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, err
	}
	options := &minio.Options{Creds: credentials.NewStaticV4(c.Key, c.Secret, c.Token), Secure: u.Scheme == "https", Region: c.Region, BucketLookup: minio.BucketLookupAuto}
	if c.PathStyle {
		options.BucketLookup = minio.BucketLookupPath
	}
	client, err := minio.New(u.Host, options)
	if err != nil {
		return nil, err
	}
	return &Storage{client, c.Bucket, c.Prefix}, nil
}

// known replaces the error for an object that is not there.
func known(err error) error {
	if err == nil {
		return nil
	}
	if code := minio.ToErrorResponse(err).Code; code == minio.NoSuchKey || code == "NotFound" {
		return fs.ErrNotExist
	}
	err = fmt.Errorf("S3: %w", err)
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(fault.Errorf(fault.Timeout, "the storage of files did not answer in the time of a request; try again"), err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return errors.Join(fault.Retry(fault.Unavailable, retryAfter, "the storage of files does not answer; try again"), err)
}

// Put implements storage.Storage. Checksums in trailers are left out: many compatible servers refuse them.
func (s *Storage) Put(ctx context.Context, key string, from io.Reader, size int64) error {
	in := &source{Reader: from}
	head := make([]byte, 1)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var body io.Reader = io.MultiReader(bytes.NewReader(head), in)
	if n == 0 { // a body of nothing, whose size is not known, would be a part of nothing, which some servers refuse
		body, size = strings.NewReader(""), 0
	}
	options := minio.PutObjectOptions{ContentType: "application/octet-stream", DisableContentSha256: true}
	if size < 0 {
		options.PartSize = partSize
	}
	_, err = s.client.PutObject(ctx, s.bucket, s.prefix+key, body, size, options)
	if in.err != nil { // what the library makes of it says less
		return in.err
	}
	return known(err)
}

// source remembers the error of a reader.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Open implements storage.Storage.
func (s *Storage) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	var options minio.GetObjectOptions
	if length > 0 {
		if err := options.SetRange(offset, offset+length-1); err != nil {
			return nil, err
		}
	}
	body, _, _, err := (&minio.Core{Client: s.client}).GetObject(ctx, s.bucket, s.prefix+key, options)
	if err != nil {
		return nil, known(err)
	}
	return &content{body}, nil
}

// content is what an object has. One that is cut off is an error of the storage, and no end.
type content struct{ io.ReadCloser }

func (c *content) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) { // which means a short file to others
		err = errors.New("the answer was cut off")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = known(err)
	}
	return n, err
}

// Presign implements storage.Presigner.
func (s *Storage) Presign(ctx context.Context, key string, lifetime time.Duration, mediaType, disposition string) (string, error) {
	answer := url.Values{"response-content-type": {mediaType}, "response-content-disposition": {disposition}, "response-cache-control": {"private, no-store"}}
	address, err := s.client.PresignedGetObject(ctx, s.bucket, s.prefix+key, lifetime, answer)
	if err != nil {
		return "", known(err)
	}
	return address.String(), nil
}

// Stat implements storage.Storage.
func (s *Storage) Stat(ctx context.Context, key string) (storage.Object, error) {
	info, err := s.client.StatObject(ctx, s.bucket, s.prefix+key, minio.StatObjectOptions{})
	if err != nil {
		return storage.Object{}, known(err)
	}
	return storage.Object{Key: key, Size: info.Size, Stored: info.LastModified}, nil
}

// Move implements storage.Storage: S3 copies, within itself.
func (s *Storage) Move(ctx context.Context, from, to string) error {
	info, err := s.client.StatObject(ctx, s.bucket, s.prefix+from, minio.StatObjectOptions{})
	if err != nil {
		return known(err)
	}
	target, source := minio.CopyDestOptions{Bucket: s.bucket, Object: s.prefix + to}, minio.CopySrcOptions{Bucket: s.bucket, Object: s.prefix + from}
	if info.Size < maxCopy {
		_, err = s.client.CopyObject(ctx, target, source)
	} else {
		_, err = s.client.ComposeObject(ctx, target, source)
	}
	if err != nil {
		return known(err)
	}
	return s.Delete(ctx, from)
}

// Delete implements storage.Storage.
func (s *Storage) Delete(ctx context.Context, key string) error {
	err := known(s.client.RemoveObject(ctx, s.bucket, s.prefix+key, minio.RemoveObjectOptions{}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// List implements storage.Storage.
func (s *Storage) List(ctx context.Context, prefix string, f func(storage.Object) error) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing of the library
	defer cancel()
	for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true}) {
		if info.Err != nil {
			return known(info.Err)
		}
		if err := f(storage.Object{Key: strings.TrimPrefix(info.Key, s.prefix), Size: info.Size, Stored: info.LastModified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// ListUnfinished implements storage.Unfinished. A server that does not know of such uploads has none.
func (s *Storage) ListUnfinished(ctx context.Context, f func(storage.Object) error) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing of the library
	defer cancel()
	for info := range s.client.ListIncompleteUploads(ctx, s.bucket, s.prefix, true) {
		if info.Err != nil {
			switch minio.ToErrorResponse(info.Err).Code {
			case minio.NotImplemented, minio.MethodNotAllowed, minio.NoSuchUpload: // of a bucket that has had none
				return nil
			}
			return known(info.Err)
		}
		if err := f(storage.Object{Key: strings.TrimPrefix(info.Key, s.prefix), Stored: info.Initiated}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// DropUnfinished implements storage.Unfinished.
func (s *Storage) DropUnfinished(ctx context.Context, key string) error {
	err := s.client.RemoveIncompleteUpload(ctx, s.bucket, s.prefix+key)
	if minio.ToErrorResponse(err).Code == minio.NoSuchUpload { // it has ended meanwhile
		return nil
	}
	return known(err)
}

// Shared implements storage.Storage.
func (s *Storage) Shared() bool { return true }

// Close implements storage.Storage.
func (s *Storage) Close() error { return nil }
