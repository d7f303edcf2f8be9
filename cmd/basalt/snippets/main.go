// Command snippets is, by its name, each of the programs that the snippets of the documentation call when the tests of cmd/basalt
// run them: go and basalt as they are, but with the servers on free ports and in the background, and a small curl that fails
// where the answer is an error. As end it ends what runs in the background. It is small because snippets start it often.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	name := filepath.Base(os.Args[0])
	program, ok := map[string]func([]string) error{"basalt": basalt, "go": goCommand, "curl": curl, "end": end}[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "this is basalt, go, curl or end, and not", name)
		os.Exit(2)
	}
	if err := program(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// basalt runs the real basalt. A server stays when it is ready, and the test stops it.
func basalt(args []string) error {
	cmd := exec.Command(os.Getenv("SNIPPETS_BASALT"), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if len(args) == 0 || args[0] != "serve" && args[0] != "dev" {
		return cmd.Run()
	}
	if args[0] == "dev" {
		cmd.Args = append(cmd.Args, "--mails", os.Getenv("SNIPPETS_MAILS"))
	}
	address := os.Getenv("SNIPPETS_ADDRESS")
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		if err := end(nil); err != nil { // the server of the snippet before
			return err
		}
	}
	cmd.Args = append(cmd.Args, "--listen", address)
	cmd.Stdout, cmd.Stderr = nil, nil
	return background(cmd, "http://"+address+"/readyz")
}

// goCommand runs the real go, but for a basalt that is built already and for what serves.
func goCommand(args []string) error {
	switch line := strings.Join(args, " "); {
	case strings.HasPrefix(line, "run ./cmd/basalt "):
		return basalt(args[2:])
	case strings.HasPrefix(line, "run ./cmd/testenv"):
		return nil // it runs this
	case line == "build -o basalt ./cmd/basalt":
		return os.WriteFile("basalt", fmt.Appendf(nil, "#!/bin/sh\nexec %s/basalt \"$@\"\n", os.Getenv("SNIPPETS_PROGRAMS")), 0o700) //nolint:gosec // a program
	case strings.HasPrefix(line, "run -C examples/functions"):
		cmd := exec.Command(os.Getenv("SNIPPETS_GO"), "run", "-C", filepath.Join(os.Getenv("SNIPPETS_ROOT"), "examples/functions"), ".")
		cmd.Stderr = os.Stderr
		return background(cmd, "")
	}
	cmd := exec.Command(os.Getenv("SNIPPETS_GO"), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// end ends what runs in the background, and waits until its ports are free.
func end([]string) error {
	pids := os.Getenv("SNIPPETS_PIDS")
	running, err := os.ReadDir(pids)
	if err != nil {
		return err
	}
	for _, file := range running {
		if pid, err := strconv.Atoi(file.Name()); err == nil && os.Remove(filepath.Join(pids, file.Name())) == nil {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
			for tries := 0; tries < 200 && !errors.Is(syscall.Kill(-pid, 0), syscall.ESRCH); tries++ {
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	return nil
}

// background starts a program, in a group that the test ends, and waits until url answers.
func background(cmd *exec.Cmd, url string) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := os.CreateTemp(os.Getenv("SNIPPETS_PIDS"), "log-")
	if err != nil {
		return err
	}
	defer said.Close()
	if cmd.Stderr == nil {
		cmd.Stdout, cmd.Stderr = said, said
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	file := filepath.Join(os.Getenv("SNIPPETS_PIDS"), strconv.Itoa(cmd.Process.Pid))
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	if url != "" {
		if !ready(url) {
			log, _ := os.ReadFile(said.Name())
			return fmt.Errorf("%v does not start: %s", cmd.Args, log)
		}
		fmt.Println(strings.Join(cmd.Args[1:], " "), "is ready")
	}
	return nil
}

// ready is servertest.Ready, which would make this program as large as the server.
func ready(url string) bool {
	for range 3000 {
		if resp, err := http.Get(url); err == nil {
			_ = resp.Body.Close() // nothing of it was read
			if resp.StatusCode == http.StatusOK {
				return true
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

// curl sends a request, and again while a worker is on its way.
func curl(args []string) error {
	method, body, address := http.MethodGet, "", ""
	header := http.Header{}
	for len(args) > 0 {
		flag := args[0]
		args = args[1:]
		switch {
		case flag == "-s" || flag == "-sN":
			continue
		case !strings.HasPrefix(flag, "-"):
			address = "http://" + strings.NewReplacer("localhost:4122", os.Getenv("SNIPPETS_ADDRESS"), "localhost:4123", os.Getenv("SNIPPETS_MAILS")).Replace(strings.TrimPrefix(flag, "http://"))
			continue
		case len(args) == 0:
			return fmt.Errorf("curl %s of what?", flag)
		}
		switch flag {
		case "-d", "--data-binary":
			if method == http.MethodGet {
				method = http.MethodPost
			}
			body = args[0]
			if file, ok := strings.CutPrefix(body, "@"); ok {
				content, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				body = string(content)
			}
		case "-X":
			method = args[0]
		case "-H":
			name, value, _ := strings.Cut(args[0], ": ")
			header.Set(name, value)
		default:
			return fmt.Errorf("this curl has no %s", flag)
		}
		args = args[1:]
	}
	for try := 0; ; try++ {
		req, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header = header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		out, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable && try < 3000 { // it may have to be compiled first
			time.Sleep(100 * time.Millisecond)
			continue
		}
		_, _ = os.Stdout.Write(out)
		if err == nil && resp.StatusCode >= 400 {
			err = fmt.Errorf("curl %s: %s", address, resp.Status)
		}
		return err
	}
}
