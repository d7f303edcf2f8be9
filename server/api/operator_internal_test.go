package api

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMaskAddresses_LeavesNoSecret(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://ann:hunter2@s3.example.com/bucket", "https://hunter2@hooks.example.com", "https://hooks.example.com/?access_key=hunter2", "https://hooks.example.com/?a=b&X-Token=hunter2&c=d",
		"https://hooks.example.com/?a=b&sig=hunter2", "nats://hunter2@127.0.0.1:4222,nats://hunter2@127.0.0.1:4223", "https://hooks.example.com/?Password=hunter2%20x",
	} {
		text, err := json.Marshal(map[string]string{"url": address})
		if err != nil {
			t.Fatal(err)
		}
		masked := maskAddresses(text)
		if strings.Contains(string(masked), "hunter2") || !json.Valid(masked) {
			t.Errorf("%s: got %s", address, masked)
		}
	}
	for _, harmless := range []string{`{"url":"https://s3.example.com/bucket?list=2"}`, `{"key":["id"],"rule":"doc.email == \"a@b.c\""}`} {
		if masked := maskAddresses([]byte(harmless)); string(masked) != harmless {
			t.Errorf("got %s", masked)
		}
	}
}
