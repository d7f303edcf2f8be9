package realtime

// bounds are how much a hub keeps, which tests make small.
type bounds struct {
	slack, touched, batch, found, reads int
}

var usual = bounds{slack: slack, touched: maxTouched, batch: maxBatch, found: maxFound, reads: maxReads}
