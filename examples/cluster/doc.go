// Package cluster is what compose.yaml runs: two nodes behind a load balancer.
package cluster
