package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// buckets are those that the suites expect.
var buckets = []string{"bucket2", "bucket3", "bucket4", "bucket5", "bucket-move", "test-bucket"}

// makeBuckets makes them with the key of the service.
func makeBuckets(ctx context.Context, address string) error {
	for _, name := range buckets {
		body, err := json.Marshal(map[string]any{"id": name, "name": name, "public": false})
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/storage/v1/bucket", bytes.NewReader(body))
		if err != nil {
			return err
		}
		key := demoKey("service_role")
		r.Header = http.Header{"Content-Type": {"application/json"}, "Apikey": {key}, "Authorization": {"Bearer " + key}}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(resp.Body)
		if closed := resp.Body.Close(); err == nil {
			err = closed
		}
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("making the bucket %s: %d %s", name, resp.StatusCode, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
