// Package charts counts what happens over time: how many rows and bytes each direction has, and how long answers take.
//
// # Terms
//
// A bin is a span of time. All bins are equally long; when the rows outgrow [Bins] of them, each two become one, so that a row costs the same
// however long the capture is.
//
// # Shape
//
// A [Series] is given rows in any order, one by one, and says what it has as a [View]: plain numbers. Response times are counted in buckets of
// which sixteen share a power of two, so percentiles are right to 4 percent; the longest is exact.
//
// # Never
//
// The package knows no row, no filter and no clock. It holds a bounded number of bins and buckets.
package charts
