package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/basalt-dev/basalt/modules/auth/authtest"
	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/mysql/mysqltest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

// environment is what the steps share.
type environment struct {
	root, dir string
	binary    string // the product, built by the step build
	chromium  string
	long      bool
	services  []string // variables that tell the tests where the services are
	stop      []func() error
	cpu       time.Duration // of the programs that have run
}

// patience is how long the tests of a package may take.
func (e *environment) patience() string {
	if e.long {
		return "2h"
	}
	return "20m"
}

// close stops the services, the last one first: it may need those before it, and the directory that they are in.
func (e *environment) close() error {
	var errs []error
	for _, stop := range slices.Backward(e.stop) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// uninstrumented are packages that tests with the race detector build without it: SQLite, which is translated from C and
// whose connections are used by one goroutine at a time, and the hashes of passwords. With it, the tests of modules/db/sqlite
// take 56 CPU seconds instead of 18, and those of modules/auth 84 instead of 16.
var uninstrumented = []string{"github.com/ncruces/go-sqlite3-wasm/...", "golang.org/x/crypto/argon2", "golang.org/x/crypto/blowfish", "golang.org/x/crypto/scrypt"}

// racing returns the arguments of `go test` with the race detector. Four tests of a package run at a time, beside another
// package: tests wait for more than half of their time. The step vet has vetted the tests, and DWARF, which takes the
// linker long, is read by nothing.
func (e *environment) racing(packages ...string) []string {
	args := []string{"-race", "-count=1", "-parallel=4", "-vet=off", "-ldflags=-w", "-timeout=" + e.patience()}
	for _, p := range uninstrumented {
		args = append(args, "-gcflags="+p+"=-race=false")
	}
	return append(args, packages...)
}

type step struct {
	name, about string
	needed      bool // by later steps: it always runs, and they do not run after its failure
	run         func(context.Context, *environment) (result, error)
}

// plain makes a step of what runs no tests.
func plain(run func(context.Context, *environment) error) func(context.Context, *environment) (result, error) {
	return func(ctx context.Context, e *environment) (result, error) { return result{}, run(ctx, e) }
}

// needed is what all other steps need.
var needed = []step{{"install", "what the tests need on this machine", true, plain(install)}}

// prepared are the steps that the lanes need besides, all at the same time: npm and the starts of servers mostly wait.
var prepared = [][]step{
	{{"build", "the basalt binary", true, plain(build)}},
	{{"packages", "what npm installs, for tests of several lanes", true, plain(packages)}},
	{{"services", "PostgreSQL, MariaDB, FerretDB and a provider of OpenID Connect, on free ports", true, plain(services)}},
}

// lanes are steps that run at the same time; those of one lane run one after the other.
var lanes = [][]step{
	{
		{"go", "go test -race", false, testRoot},
		{"fuzz", "ten minutes of requests changed byte by byte, with --long", false, plain(fuzz)},
	},
	{
		{"browser", "the pages in headless Chromium", false, testBrowser},
	},
	{
		{"vet", "go vet", false, plain(vet)},
		{"js", "the JavaScript SDK against a real server", false, testJS},
		{"modules", "go test -race in the modules of the SDK and the examples", false, testModules},
		{"staticcheck", "staticcheck", false, plain(staticcheck)},
		{"vulnerabilities", "govulncheck, where its database can be reached", false, plain(checkVulnerabilities)},
	},
}

// shells are Chromium without the windows of a desktop, which tests of pages do not see: it takes half the CPU time. A whole
// browser serves where it is not to be had.
var shells = []string{"chromium-headless-shell", "chrome-headless-shell"}

var browsers = append(slices.Clone(shells), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

// tools are programs that tests run, and the Debian packages they are in.
var tools = []struct {
	names   []string
	pkg     string
	because string
}{
	{[]string{"gcc", "cc", "clang"}, "gcc libc6-dev", "the race detector"},
	{[]string{"npm"}, "nodejs npm", "the JavaScript SDK"},
	{[]string{"redis-server"}, "redis-server", "what nodes share"},
	{[]string{"mariadbd", "/usr/sbin/mariadbd"}, "mariadb-server", "the driver mysql"},
	{[]string{"nats-server", "/usr/sbin/nats-server"}, "nats-server", "messages between nodes"},
	{[]string{"haproxy", "/usr/sbin/haproxy"}, "haproxy", "the example with two nodes"},
	{[]string{"nginx", "/usr/sbin/nginx"}, "nginx", "servers behind a proxy"},
	{[]string{"runc", "/usr/sbin/runc"}, "runc", "the image, with its mounts"},
	{browsers, "chromium-headless-shell", "the tests in a browser"},
}

func install(ctx context.Context, e *environment) error {
	var missing, reasons []string
	for _, t := range tools {
		if find(t.names) == "" {
			missing = append(missing, strings.Fields(t.pkg)...)
			reasons = append(reasons, fmt.Sprintf("%s (%s)", t.names[0], t.because))
		}
	}
	if len(missing) > 0 {
		_, noApt := exec.LookPath("apt-get")
		if noApt != nil || os.Geteuid() != 0 {
			return fmt.Errorf("please install %s; on Debian: sudo apt-get install %s", strings.Join(reasons, ", "), strings.Join(missing, " "))
		}
		fmt.Println("   installing", strings.Join(missing, " "))
		if err := e.command(ctx, "", "apt-get", "update", "-q"); err != nil {
			return err
		}
		args := append([]string{"install", "-y", "-q", "--no-install-recommends"}, missing...)
		if err := e.command(ctx, "", "apt-get", args...); err != nil {
			return err
		}
	}
	if _, err := postgrestest.Binaries(); err != nil {
		if noApt := e.command(ctx, "", "apt-get", "install", "-y", "-q", "--no-install-recommends", "postgresql"); noApt != nil {
			return errors.Join(err, noApt)
		}
	}
	if _, noApt := exec.LookPath("apt-get"); find(shells) == "" && noApt == nil && os.Geteuid() == 0 {
		if _, err := e.output(ctx, io.Discard, "", "apt-get", "install", "-y", "-q", "--no-install-recommends", shells[0]); err != nil {
			fmt.Println("   the tests in a browser use", find(browsers))
		}
	}
	e.chromium = find(browsers)
	return e.inModules(ctx, "go", "mod", "download")
}

// find returns the path of the first program that there is.
func find(names []string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func build(ctx context.Context, e *environment) error {
	e.binary = filepath.Join(e.dir, "basalt")
	return e.command(ctx, "", "go", "build", "-o", e.binary, "./cmd/basalt")
}

func services(ctx context.Context, e *environment) error {
	files := e.databaseFiles()
	e.services = append(e.services, postgrestest.Files+"="+files, mysqltest.Files+"="+files)
	server, err := postgrestest.New(files)
	if err != nil {
		return err
	}
	e.stop = append(e.stop, server.Close)
	e.services = append(e.services, postgrestest.Environment+"="+server.URL())
	maria, err := mysqltest.New(files)
	if err != nil {
		return err
	}
	e.stop = append(e.stop, maria.Close)
	e.services = append(e.services, mysqltest.Environment+"="+maria.URL())

	program := filepath.Join(e.dir, "ferretdb")
	if err := e.command(ctx, "modules/db/mongo/ferretdb", "go", "build", "-o", program, "."); err != nil {
		return err
	}
	ferret, err := mongotest.New(program, files)
	if err != nil {
		return err
	}
	e.stop = append(e.stop, ferret.Close)
	provider, err := authtest.BuildProvider(e.dir)
	if err != nil {
		return err
	}
	e.services = append(e.services, authtest.Environment+"="+provider)
	e.services = append(e.services, mongotest.Environment+"="+ferret.URL)
	return nil
}

// packages installs axe-core, and the clients of Basalt, GraphQL, tus and Supabase, all at the same time: npm waits more than
// it computes. Two lanes that installed the same would take it away from each other.
func packages(ctx context.Context, e *environment) error {
	dirs := []string{"sdk/js", "modules/console", "server/dialect/graphql/clients", "modules/files/clients"}
	each := make([]environment, len(dirs))
	var all errgroup.Group
	for i, dir := range dirs {
		all.Go(func() error {
			each[i] = environment{root: e.root, dir: e.dir}
			return each[i].npmInstall(ctx, dir)
		})
	}
	err := all.Wait()
	for i := range each {
		e.cpu += each[i].cpu
	}
	return err
}

// npmInstall runs `npm ci` in a directory, unless the last run has done so for the same package.json and package-lock.json: it
// removes what is there and installs it again, which takes 16 s of CPU for all directories. It also removes the mark of that run.
func (e *environment) npmInstall(ctx context.Context, dir string) error {
	var wanted []byte
	for _, name := range []string{"package.json", "package-lock.json"} {
		content, err := os.ReadFile(filepath.Join(e.root, dir, name))
		if err != nil {
			return err
		}
		wanted = append(wanted, content...)
	}
	mark := filepath.Join(e.root, dir, "node_modules", ".basalt-testenv")
	if found, err := os.ReadFile(mark); err == nil && bytes.Equal(found, wanted) {
		return nil
	}
	if err := e.command(ctx, dir, "npm", "ci", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	return os.WriteFile(mark, wanted, 0o644)
}

// fuzz lets Go's fuzzer change requests. What it finds is in server/proptest/testdata/fuzz then.
func fuzz(ctx context.Context, e *environment) error {
	if !e.long {
		return nil
	}
	return e.command(ctx, "", "go", "test", "./server/proptest", "-run=xxx", "-fuzz=FuzzAPI", "-fuzztime=10m", "-timeout=20m")
}

// testRoot runs the tests of the module of root. Those of server take longest: they begin first.
func testRoot(ctx context.Context, e *environment) (result, error) {
	return e.goTest(ctx, "", e.racing("./server", "./server/proptest", "./...")...)
}

// testBrowser runs the tests of pages. Those of the console take longer than all others: they begin first.
func testBrowser(ctx context.Context, e *environment) (result, error) {
	tested, err := browserPackages(e.root)
	if err != nil {
		return result{}, err
	}
	tested = append([]string{"./modules/console"}, tested...)
	return e.goTest(ctx, "", append([]string{"-tags", "browser", "-count=1", "-vet=off", "-ldflags=-w", "-timeout=" + e.patience()}, tested...)...)
}

// testJS type-checks the SDK and its tests, and runs them.
func testJS(ctx context.Context, e *environment) (result, error) {
	var out bytes.Buffer
	log, err := e.output(ctx, &out, "sdk/js", "npm", "test", "--silent")
	if err == nil && e.long {
		log, err = e.output(ctx, &out, "sdk/js", "npm", "run", "test:next", "--silent")
	}
	r := nodeTests(out.String())
	if err != nil && len(r.failures) == 0 {
		show(log)
		return r, err
	}
	return r, nil
}

// command runs a program, and shows its output when it fails.
func (e *environment) command(ctx context.Context, dir, name string, args ...string) error {
	log, err := e.output(ctx, io.Discard, dir, name, args...)
	if err != nil {
		show(log)
	}
	return err
}

func show(log string) {
	if output, err := os.ReadFile(log); err == nil {
		fmt.Printf("%s\n", output)
	}
}

// output runs a program in a directory of the repository, in a process group of its own, which is ended
// as a whole when ctx is. What it prints goes to out and to a file, whose name is returned.
func (e *environment) output(ctx context.Context, out io.Writer, dir, name string, args ...string) (string, error) {
	log, err := os.CreateTemp(e.dir, filepath.Base(name)+"-"+args[0]+"-*.log")
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = filepath.Join(e.root, dir)
	both := io.MultiWriter(log, out)
	cmd.Stdout, cmd.Stderr = both, both // the same one: it is written to by one at a time
	cmd.Env = append(append(os.Environ(), e.services...), "BASALT_BINARY="+e.binary, "BASALT_CHROMIUM="+e.chromium, "BASALT_SCREENSHOTS="+e.dir, "DEBIAN_FRONTEND=noninteractive")
	if e.long {
		cmd.Env = append(cmd.Env, "BASALT_LONG=1")
	}
	if os.Getenv("GORACE") == "" { // before it exits, the race detector waits for other goroutines: for a second in each of a hundred programs
		cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=50")
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	line := name + " " + strings.Join(args, " ")
	stop := progress(line)
	err = cmd.Run()
	stop()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it has left behind, if anything
	}
	if state := cmd.ProcessState; state != nil {
		e.cpu += state.UserTime() + state.SystemTime()
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", line, err)
	}
	return log.Name(), err
}

// progress says every fifteen seconds what is still running.
func progress(line string) (stop func()) {
	fmt.Println("  ", line)
	start := time.Now()
	ticker := time.NewTicker(15 * time.Second)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				fmt.Printf("   … %s, %d s\n", line, int(time.Since(start).Seconds()))
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
		<-ended
	}
}
