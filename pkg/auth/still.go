package auth

import (
	"context"
	"net/http"
)

// still is the key of what tells whether who asked is still let in.
type still struct{}

// Still returns nil while who asks in ctx would still be let in with what the
// request showed, and otherwise why not. It is for what outlives its request: a
// session may end meanwhile. It works after ctx has ended, too.
func Still(ctx context.Context) error {
	if look, ok := ctx.Value(still{}).(func() error); ok {
		return look()
	}
	return nil // there is no gate
}

// keep returns the context of a request that was let in, for [Still]. The key
// of a script is for as long as the gate is.
func (g *Gate) keep(r *http.Request) context.Context {
	ctx := r.Context()
	if r.Header.Get("Authorization") != "" {
		return ctx
	}
	later := r.WithContext(context.WithoutCancel(ctx))
	return context.WithValue(ctx, still{}, func() error { return g.authenticate(later) })
}
