package offline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
)

// buckets makes the buckets of a project that are missing.
func (p *Supabase) buckets(ctx context.Context, f *Files, failed func(bucket, name string, err error)) (made int, err error) {
	all, err := catalogRows[struct {
		ID  string
		Row json.RawMessage
	}](ctx, p, `
SELECT b.id, json_strip_nulls(json_build_object('id', b.id, 'public', coalesce((to_jsonb(b)->>'public')::bool, false), 'file_size_limit', (to_jsonb(b)->>'file_size_limit')::bigint,
  'allowed_mime_types', nullif(to_jsonb(b)->'allowed_mime_types', 'null'))) AS row FROM storage.buckets b ORDER BY b.id`)
	if err != nil {
		return 0, err
	}
	for _, b := range all {
		_, err := f.docs.service.Create(ctx, administrator, "storage_buckets", b.Row)
		switch {
		case err == nil:
			made++
		case fault.CodeOf(err) == fault.Invalid: // such as a name that cannot be an id
			failed(b.ID, "", err)
		case fault.CodeOf(err) != fault.Conflict: // it is there
			return made, fmt.Errorf("the bucket %s: %w", b.ID, err)
		}
	}
	return made, nil
}

// copyObject stores one object, unless it is there.
func (f *Files) copyObject(ctx context.Context, through, bucket, name, owner string, open func(context.Context, string, string) (io.ReadCloser, error)) (there bool, err error) {
	path := bucket + "/" + name
	c, err := f.service.Collection("storage_objects")
	if err != nil {
		return false, err
	}
	if id, err := f.service.IDOf(ctx, f.docs.service, administrator, c, path); err != nil || id != "" {
		return id != "", err
	}
	from, err := open(ctx, bucket, name)
	if err != nil {
		return false, err
	}
	file, err := os.Create(through)
	if err != nil {
		return false, errors.Join(err, from.Close())
	}
	_, err = io.Copy(file, from)
	if err = errors.Join(err, from.Close(), file.Close()); err != nil {
		return false, err
	}
	fields := map[string]any{"bucket": bucket}
	if owner != "" {
		fields["owner"] = owner
	}
	text, err := json.Marshal(fields)
	if err == nil {
		_, err = f.Put(ctx, "storage_objects", through, path, string(text))
	}
	return false, err
}

// SupabaseStorage returns what gets the bytes of objects from the storage of a project, with the key of its service.
func SupabaseStorage(project, key string) func(context.Context, string, string) (io.ReadCloser, error) {
	return func(ctx context.Context, bucket, name string) (io.ReadCloser, error) {
		parts := strings.Split(name, "/")
		for i := range parts {
			parts[i] = url.PathEscape(parts[i])
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(project, "/")+"/storage/v1/object/"+url.PathEscape(bucket)+"/"+strings.Join(parts, "/"), nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("apikey", key)
		r.Header.Set("Authorization", "Bearer "+key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		if answer.StatusCode != http.StatusOK {
			text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
			return nil, errors.Join(fmt.Errorf("the project answers %s: %s", answer.Status, text), err, answer.Body.Close())
		}
		return answer.Body, nil
	}
}
