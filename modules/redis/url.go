package redis

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// address is what a URL says.
type address struct {
	network, at, host    string
	user, password, name string
	database, pool       int
	tls, unverified      bool
	idle, life, read     time.Duration
}

var (
	errForm   = errors.New(`the url has the form "redis://user:password@host:6379/0"`)
	errOption = errors.New("the url has an option that is not known, or a wrong value for one")
)

// without are options that are taken for URLs which have them, and change nothing.
var without = map[string]bool{
	"protocol": true, "max_retries": true, "min_retry_backoff": true, "max_retry_backoff": true, "dial_timeout": true, "write_timeout": true,
	"pool_fifo": true, "pool_timeout": true, "min_idle_conns": true, "max_idle_conns": true, "max_active_conns": true, "max_concurrent_dials": true,
	"pipeline_pool_size": true, "pipeline_read_buffer_size": true, "pipeline_write_buffer_size": true, "conn_max_lifetime_jitter": true,
}

func parse(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return address{}, errForm
	}
	a := address{network: "tcp", host: either(u.Hostname(), "localhost"), pool: 10 * runtime.GOMAXPROCS(0), idle: 30 * time.Minute}
	if u.User != nil {
		a.user = u.User.Username()
		a.password, _ = u.User.Password()
	}
	a.at = net.JoinHostPort(a.host, either(u.Port(), "6379"))
	switch u.Scheme {
	case "redis", "rediss":
		a.tls = u.Scheme == "rediss"
		if path := strings.Trim(u.Path, "/"); path != "" {
			if a.database, err = strconv.Atoi(path); err != nil {
				return address{}, errForm
			}
		}
	case "unix":
		if a.network, a.at = "unix", u.Path; strings.TrimSpace(u.Path) == "" {
			return address{}, errForm
		}
	default:
		return address{}, errForm
	}
	err = a.query(u.Query())
	return a, err
}

// query reads the options of a URL.
func (a *address) query(values url.Values) error {
	for name, all := range values {
		value := all[len(all)-1]
		var err error
		switch {
		case value == "", without[name], name == "pool_size" && value == "0":
		case name == "db":
			a.database, err = strconv.Atoi(value)
		case name == "client_name":
			a.name = value
		case name == "pool_size":
			a.pool, err = strconv.Atoi(value)
		case name == "read_timeout":
			a.read, err = duration(value)
		case name == "conn_max_idle_time", name == "idle_timeout":
			a.idle, err = duration(value)
		case name == "conn_max_lifetime", name == "max_conn_age":
			a.life, err = duration(value)
		case name == "skip_verify" && a.tls:
			a.unverified, err = strconv.ParseBool(value)
		default:
			return errOption
		}
		if err != nil || a.pool < 1 {
			return errOption
		}
	}
	return nil
}

// duration is such as 5s, or a number of seconds; 0 and less stand for no limit.
func duration(text string) (time.Duration, error) {
	if seconds, err := strconv.Atoi(text); err == nil {
		return max(0, time.Duration(seconds)*time.Second), nil
	}
	d, err := time.ParseDuration(text)
	return max(0, d), err
}

func (a *address) options() []redis.DialOption {
	out := []redis.DialOption{redis.DialDatabase(a.database), redis.DialUsername(a.user), redis.DialPassword(a.password), redis.DialClientName(a.name), redis.DialUseTLS(a.tls)}
	if a.tls {
		out = append(out, redis.DialTLSConfig(&tls.Config{ServerName: a.host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: a.unverified})) //nolint:gosec // the URL says so
	}
	return out
}
