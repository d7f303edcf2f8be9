// Package cluster is what compose.yaml runs: three nodes behind a load balancer.
package cluster
