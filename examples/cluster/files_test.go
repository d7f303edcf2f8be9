package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/basalt-dev/basalt/config"
	_ "github.com/basalt-dev/basalt/modules/db/postgres" // the driver of the configuration
)

// TestDashboard_AsksForWhatThereIs: every metric of the dashboard is one of the server's.
func TestDashboard_AsksForWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(text) {
		t.Fatal("the dashboard is no JSON")
	}
	var source []byte
	for _, file := range []string{"../../server/metrics.go", "../../server/api/metrics.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(basalt_[a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		known[m[1]] = true
	}
	asked := regexp.MustCompile(`basalt_[a-z_]+`).FindAllString(string(text), -1)
	if len(asked) < 20 {
		t.Errorf("the dashboard asks for %d metrics", len(asked))
	}
	for _, name := range asked {
		if !known[name] && !known[strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count")] {
			t.Errorf("the dashboard asks for %s, which there is not", name)
		}
	}
	for name := range known {
		if name != "basalt_rules_compiled_total" && name != "basalt_realtime_apply_seconds" && !strings.Contains(string(text), name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// TestKubernetes_NamesFit: the manifests decode, and their parts speak of the same thing.
func TestKubernetes_NamesFit(t *testing.T) {
	for file, kinds := range map[string][]string{
		"kubernetes.yaml":        {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"},
		"kubernetes-single.yaml": {"StatefulSet", "Service"},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for part := range strings.SplitSeq(string(text), "\n---\n") {
			var resource struct {
				Kind     string
				Metadata struct{ Name string }
			}
			if err := yaml.Unmarshal([]byte(part), &resource); err != nil {
				t.Fatal(err)
			}
			if resource.Metadata.Name != "basalt" {
				t.Errorf("%s: %s is named %q", file, resource.Kind, resource.Metadata.Name)
			}
			got = append(got, resource.Kind)
		}
		if !slices.Equal(got, kinds) {
			t.Errorf("%s has %v, want %v", file, got, kinds)
		}
	}
}

// TestKubernetes_ConfigMapsAreEnough checks the configuration with exactly the files that the commands in
// the manifests put where the containers mount them.
func TestKubernetes_ConfigMapsAreEnough(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{"basalt.yaml", "public/index.html"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"DATABASE_URL": "postgres://basalt@127.0.0.1/basalt", "REDIS_URL": "redis://127.0.0.1", "NATS_URL": "nats://127.0.0.1",
		"BASALT_SECRET": "0123456789abcdef0123456789abcdef",
	} {
		t.Setenv(name, value)
	}
	if _, err := config.Load(filepath.Join(dir, "basalt.yaml")); err != nil {
		t.Error(err)
	}
}

// TestDockerfile_HidesNoData: a VOLUME below a directory that people mount puts an empty one over their data.
func TestDockerfile_HidesNoData(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`(?m)^VOLUME`).Match(text) {
		t.Error("the Dockerfile has a VOLUME")
	}
}
