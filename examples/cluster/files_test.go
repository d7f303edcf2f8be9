package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

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

// TestKubernetes_ManifestsAreWhole decodes the manifests as Kubernetes does, which refuses what it does not know. Their parts
// speak of the same thing, and what a pod waits for is made by the commands above them.
func TestKubernetes_ManifestsAreWhole(t *testing.T) {
	for file, kinds := range map[string][]any{
		"kubernetes.yaml":        {&apps.Deployment{}, &core.Service{}, &autoscaling.HorizontalPodAutoscaler{}, &policy.PodDisruptionBudget{}},
		"kubernetes-single.yaml": {&apps.StatefulSet{}, &core.Service{}},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(text), "\n---\n")
		if len(parts) != len(kinds) {
			t.Fatalf("%s has %d parts, want %d", file, len(parts), len(kinds))
		}
		for i, part := range parts {
			if err := yaml.UnmarshalStrict([]byte(part), kinds[i]); err != nil {
				t.Errorf("%s, part %d: %v", file, i+1, err)
				continue
			}
			if object := kinds[i].(meta.Object); object.GetName() != "basalt" {
				t.Errorf("%s: part %d is named %q", file, i+1, object.GetName())
			}
			switch o := kinds[i].(type) {
			case *apps.Deployment:
				startsFrom(t, string(text), o.Spec.Template.Spec)
			case *apps.StatefulSet:
				startsFrom(t, string(text), o.Spec.Template.Spec)
			}
		}
	}
}

// startsFrom checks that a pod gets its image, its files and its environment from what the comments of its manifest make.
func startsFrom(t *testing.T, text string, pod core.PodSpec) {
	t.Helper()
	made := func(kind, name string) bool {
		return regexp.MustCompile(`(?m)^#   kubectl create ` + kind + ` ` + name + ` --from-`).MatchString(text)
	}
	for _, v := range pod.Volumes {
		if v.ConfigMap != nil && !made("configmap", v.ConfigMap.Name) {
			t.Errorf("nothing makes the ConfigMap %s", v.ConfigMap.Name)
		}
	}
	for _, c := range pod.Containers {
		if len(c.EnvFrom) == 0 {
			t.Error("no secret can be given to it")
		}
		for _, from := range c.EnvFrom {
			if !made("secret generic", from.SecretRef.Name) {
				t.Errorf("nothing makes the secret %s", from.SecretRef.Name)
			}
		}
		if strings.HasSuffix(c.Image, ":latest") && c.ImagePullPolicy != core.PullIfNotPresent {
			t.Error("an image that is on the node is asked of a registry all the same")
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
