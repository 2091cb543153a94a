//go:build race

package virtual_test

func init() { raced = true }
