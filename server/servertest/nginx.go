package servertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nginxBasics keep all of nginx in a directory.
const nginxBasics = `
daemon off; master_process off; pid DIR/pid; error_log DIR/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;`

// nginxConfig changes Host and compresses, as nginx does by default. A provider whose pages want no opener
// is met by who signs in elsewhere.
const nginxConfig = nginxBasics + `
  client_max_body_size 20m;
  gzip on; gzip_types application/json; gzip_proxied any; gzip_min_length 1;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header Accept-Encoding "";
  server {
    listen STRIPPING;
    location /api/ { proxy_pass http://UPSTREAM/; }
    location = /api/v1/auth/oauth/test { proxy_pass http://UPSTREAM/v1/auth/oauth/test; add_header Cross-Origin-Opener-Policy same-origin always; }
    location / { default_type text/html; return 200 'PAGE'; }
  }
  server {
    listen KEEPING;
    location /api/ { proxy_pass http://UPSTREAM; }
    location / { default_type text/html; return 200 'PAGE'; }
  }
}
`

// nginxPage is the page of an app. Who comes back to it from a mail or a provider arrives.
const nginxPage = `<!doctype html><title>app</title><p id=app>app</p><script type=module>
  import { createClient } from "/api/v1/sdk.js";
  const { auth } = createClient(location.origin + "/api");
  if (location.hash.includes("basalt=")) auth.arrive();
</script>`

// Nginx runs a real nginx before a server until the test ends: at the address stripping it takes /api off, and at keeping it
// leaves it. Everything else there is the page of an app.
func Nginx(t testing.TB, upstream, stripping, keeping string) {
	t.Helper()
	dir := t.TempDir()
	config := strings.NewReplacer("DIR", dir, "UPSTREAM", strings.TrimPrefix(upstream, "http://"), "STRIPPING", stripping, "KEEPING", keeping, "PAGE", nginxPage).Replace(nginxConfig)
	startNginx(t, dir, config, "http://"+stripping+"/api/readyz", "http://"+keeping+"/api/readyz")
}

// secureConfig is that of an app with https, whose server is at /api/.
const secureConfig = nginxBasics + `
  proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto https;
  server {
    listen ADDRESS ssl;
    ssl_certificate DIR/cert.pem; ssl_certificate_key DIR/key.pem;
    location /api/ { proxy_pass http://API/; }
    location / { proxy_pass http://PAGE; }
  }
}
`

// NginxSecure runs a real nginx with https at an address until the test ends, with a certificate of itself for localhost, whose
// file it returns: at /api/ there is a server, everything else is of the server of a page. Both are asked when a request comes.
func NginxSecure(t testing.TB, address, api, page string) (certificate string) {
	t.Helper()
	dir := t.TempDir()
	certificate = filepath.Join(dir, "cert.pem")
	WritePair(t, certificate, filepath.Join(dir, "key.pem"))
	startNginx(t, dir, strings.NewReplacer("DIR", dir, "ADDRESS", address, "API", api, "PAGE", page).Replace(secureConfig))
	return certificate
}

// startNginx runs nginx until the test ends, and waits until it answers at some addresses.
func startNginx(t testing.TB, dir, config string, answering ...string) {
	t.Helper()
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx"
	}
	nginx := exec.Command(program, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", path)
	if err := nginx.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nginx.Process.Kill(); _ = nginx.Wait() })
	for _, address := range answering {
		if !Ready(address) {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Fatalf("nginx does not answer at %s: %s", address, log)
		}
	}
}
