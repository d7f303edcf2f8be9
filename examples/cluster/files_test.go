package cluster

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
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
	source, err := os.ReadFile("../../server/metrics.go")
	if err != nil {
		t.Fatal(err)
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

// TestKubernetes_IsYAML, and its parts speak of the same thing.
func TestKubernetes_IsYAML(t *testing.T) {
	text, err := os.ReadFile("kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for part := range strings.SplitSeq(string(text), "\n---\n") {
		var resource struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if err := yaml.Unmarshal([]byte(part), &resource); err != nil {
			t.Fatal(err)
		}
		if resource.Metadata.Name != "basalt" {
			t.Errorf("%s is named %q", resource.Kind, resource.Metadata.Name)
		}
		kinds[resource.Kind] = true
	}
	for _, kind := range []string{"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"} {
		if !kinds[kind] {
			t.Errorf("there is no %s", kind)
		}
	}
}
