package cluster

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/basalt-dev/basalt/config"
)

const composeSecret = "8d1f0c5be2a94f7c93d6e0b7a4c51f28"

// interpret reads a compose file as docker compose does: its schema, variables, paths, and whether its parts fit.
func interpret(t *testing.T, text string, environment types.Mapping) (*types.Project, error) {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml"), Content: []byte(text)}},
		Environment: environment,
	}, func(o *loader.Options) { o.SetProjectName("basalt", true) })
}

func composeFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCompose_NodesStartWithWhatTheyAreGiven: what a service mounts, builds and waits for is there, and the configuration is whole
// with the environment of each node, and nothing else.
func TestCompose_NodesStartWithWhatTheyAreGiven(t *testing.T) {
	project, err := interpret(t, composeFile(t), types.Mapping{"BASALT_SECRET": composeSecret, "VERSION": "v1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	nodes := 0
	for name, service := range project.Services {
		mounts := map[string]types.ServiceVolumeConfig{}
		for _, mount := range service.Volumes {
			mounts[mount.Target] = mount
			if _, err := os.Stat(mount.Source); mount.Type == types.VolumeTypeBind && err != nil {
				t.Errorf("%s mounts %s: %v", name, mount.Source, err)
			}
		}
		for other, how := range service.DependsOn {
			if check := project.Services[other].HealthCheck; how.Condition == types.ServiceConditionHealthy && (check == nil || len(check.Test) == 0) {
				t.Errorf("%s waits until %s is healthy, which nothing checks", name, other)
			}
		}
		if service.Image != "basalt:latest" {
			continue
		}
		nodes++
		if mount := mounts["/app"]; !mount.ReadOnly || filepath.Base(mount.Source) != "cluster" {
			t.Errorf("%s has %+v at /app", name, mount)
		}
		built(t, name, service.Build)
		for key, value := range service.Environment {
			if value == nil {
				t.Fatalf("%s has no value for %s", name, key)
			}
			t.Setenv(key, *value)
			if u, err := url.Parse(*value); err == nil && u.Host != "" {
				if _, there := project.Services[u.Hostname()]; !there {
					t.Errorf("%s: %s leads to %s, which is no service", name, key, u.Hostname())
				} else if _, waits := service.DependsOn[u.Hostname()]; !waits {
					t.Errorf("%s does not wait for %s", name, u.Hostname())
				}
			}
		}
		if *service.Environment["BASALT_SECRET"] != composeSecret {
			t.Errorf("%s has another secret", name)
		}
		if _, err := config.Load("basalt.yaml"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for key := range service.Environment {
			if err := os.Unsetenv(key); err != nil {
				t.Fatal(err)
			}
		}
	}
	if nodes != 3 {
		t.Errorf("there are %d nodes", nodes)
	}
	balanced(t, project)
}

// built checks that the Dockerfile is there and takes the arguments.
func built(t *testing.T, name string, build *types.BuildConfig) {
	t.Helper()
	if build == nil {
		t.Fatalf("%s is not built", name)
	}
	dockerfile, err := os.ReadFile(filepath.Join(build.Context, build.Dockerfile))
	if err != nil {
		t.Fatal(err)
	}
	for argument, value := range build.Args {
		if value == nil || *value != "v1.2.3" || !regexp.MustCompile(`(?m)^ARG `+argument+`\b`).Match(dockerfile) {
			t.Errorf("%s is built with %s, %v", name, argument, value)
		}
	}
	if len(build.Args) != 1 {
		t.Errorf("%s is built with %v", name, build.Args)
	}
}

// balanced checks that the balancer is reached where the pages say, and reaches the nodes.
func balanced(t *testing.T, project *types.Project) {
	t.Helper()
	balancer := project.Services["balancer"]
	if len(balancer.Ports) != 1 || balancer.Ports[0].Published != "4122" || balancer.Ports[0].Target != 4122 {
		t.Errorf("the balancer listens at %+v", balancer.Ports)
	}
	for _, variable := range []string{"NODE1", "NODE2", "NODE3"} {
		to := balancer.Environment[variable]
		if to == nil {
			t.Fatalf("the balancer has no %s", variable)
		}
		host, port, _ := strings.Cut(*to, ":")
		if project.Services[host].Image != "basalt:latest" || port != "4122" {
			t.Errorf("%s is %s", variable, *to)
		}
	}
}

// TestCompose_MistakesAreSeen: what the test above relies on.
func TestCompose_MistakesAreSeen(t *testing.T) {
	text := composeFile(t)
	if _, err := interpret(t, text, types.Mapping{}); err == nil || !strings.Contains(err.Error(), "make one with openssl rand -hex 32") {
		t.Errorf("without a secret: %v", err)
	}
	for name, change := range map[string][2]string{
		"an unknown key":     {"    restart: unless-stopped", "    restarts: unless-stopped"},
		"an unknown service": {"depends_on: [node1, node2, node3]", "depends_on: [node1, node2, node4]"},
		"an unknown volume":  {"\n  nats:\n", "\n"},
		"a wrong condition":  {"service_healthy", "service_well"},
		"a wrong port":       {`"4122:4122"`, `"4122:http"`},
	} {
		at := strings.LastIndex(text, change[0])
		if at < 0 {
			t.Fatalf("%s: %q is not in the file", name, change[0])
		}
		if _, err := interpret(t, text[:at]+change[1]+text[at+len(change[0]):], types.Mapping{"BASALT_SECRET": composeSecret}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
