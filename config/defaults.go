package config

import (
	"time"
)

// defaults fills in what the file leaves out.
func (c *Config) defaults() {
	if c.TLS != nil {
		c.TLS.defaults(c)
	}
	setDefault(&c.Listen, ":4122")
	c.Limits.defaults()
	if c.Telemetry != nil {
		setDefault(&c.Telemetry.Sample, 100)
		setDefault(&c.Telemetry.Name, "basalt")
	}
	setDefault(&c.Webhooks.Timeout, Duration(2*time.Second))
	setDefault(&c.Log.Level, "info")
	only := ""
	if len(c.Databases) == 1 {
		for name := range c.Databases {
			only = name
		}
	}
	if c.Auth != nil {
		c.Auth.defaults(only)
	}
	if c.Mail != nil {
		setDefault(&c.Mail.App, "this app")
	}
	for name, col := range c.Collections {
		col.Name = name
		setDefault(&col.Database, only)
		setDefault(&col.Table, name)
		if len(col.Key) == 0 {
			col.Key = Names{"id"}
		}
	}
	for _, s := range c.Services {
		if s.Driver == "database" {
			setDefault(&s.Database, only)
		}
	}
	c.storages()
	if c.Backups != nil {
		c.Backups.defaults()
	}
	if c.Static != nil {
		setDefault(&c.Static.Path, "/")
	}
	if c.Console == nil {
		c.Console = &Console{}
	}
	setDefault(&c.Console.Path, "/console")
	if c.GraphQL != nil {
		c.GraphQL.defaults()
	}
	if c.MCP != nil {
		c.MCP.defaults()
	}
	if c.Bus == nil {
		c.Bus = &Bus{Driver: "memory"}
	}
	setDefault(&c.Bus.Keep, Duration(7*24*time.Hour))
	if c.Bus.Driver == "redis" && c.Bus.URL == "" && c.Redis != nil {
		c.Bus.URL = c.Redis.URL
	}
}

// defaults sets the limits that the file leaves out.
func (l *Limits) defaults() {
	setDefault(&l.Page, 500)
	setDefault(&l.Body, 1<<20)
	setDefault(&l.Documents, 10_000)
	setDefault(&l.Expansions, 20)
	setDefault(&l.Answer, 16<<20)
	setDefault(&l.Memory, 256<<20)
	setDefault(&l.Webhooks, 50)
	setDefault(&l.Depth, 32)
	setDefault(&l.Nodes, 500)
	setDefault(&l.Timeout, Duration(10*time.Second))
	setDefault(&l.Batch, 500)
	setDefault(&l.Cascade, 10_000)
	setDefault(&l.Connections, 20_000)
	setDefault(&l.UserConnections, 100)
	setDefault(&l.Subscriptions, 100)
	setDefault(&l.Queue, 1<<20)
	setDefault(&l.Message, 64<<10)
	setDefault(&l.State, 4<<10)
	setDefault(&l.History, 64<<20)
	setDefault(&l.Live, 256<<20)
	setDefault(&l.Cache, 64<<20)
	setDefault(&l.Concurrency, 1000)
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}
