package api

import (
	_ "embed"
	"net/http"
)

// openapi describes the API for machines (OpenAPI 3.1).
//
//go:embed openapi.json
var openapi []byte

func (a *api) openAPI(w http.ResponseWriter, r *http.Request) error {
	writeText(w, r, "application/json", openapi)
	return nil
}
