package api

import (
	"net/http"

	"nvrd/pkg/nvr"
)

// zones answers with where motion counts in the picture of a camera.
func (a *api) zones(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	zones, err := a.Household.Zones(r.Context(), id)
	if err != nil {
		return err
	}
	return writeZones(w, zones)
}

// setZones stores where it counts, in the place of what was drawn before.
func (a *api) setZones(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	var zones nvr.Zones
	if err := readJSON(w, r, &zones); err != nil {
		return err
	}
	if err := a.Household.SetZones(r.Context(), id, zones); err != nil {
		return err
	}
	return writeZones(w, zones)
}

// writeZones sends zones with arrays, never null.
func writeZones(w http.ResponseWriter, z nvr.Zones) error {
	z.Zones, z.Masks = append([]nvr.Polygon{}, z.Zones...), append([]nvr.Polygon{}, z.Masks...)
	return writeJSON(w, http.StatusOK, z)
}
