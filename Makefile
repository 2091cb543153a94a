# Everything that is done to this tree by hand. Start with: make run

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME := 30s
IMAGE    := stoop
# Where the source of this build is offered; whoever gives builds to others sets it (docs/adr/0002-license.md).
SOURCE_URL ?=

# What the tests need beside Go and Node: a C compiler for the race detector,
# browsers and what makes them trust somebody, cameras that nobody here wrote,
# footage, and tools to look at results.
PEERS := build-essential chromium firefox-esr fonts-dejavu-core ffmpeg opencv-doc sqlite3 mosquitto iproute2 iptables miniupnpd miniupnpd-iptables \
	fuse3 e2fsprogs curl openssl libnss3-tools \
	gir1.2-gst-rtsp-server-1.0 gstreamer1.0-tools gstreamer1.0-libav python3-gi \
	gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly

LINT  := CGO_ENABLED=0 go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.5.0
VULN  := CGO_ENABLED=0 go run golang.org/x/vuln/cmd/govulncheck@v1.1.4
WEB   := ui/static

# What live pictures are compared with, of these versions. A clone elsewhere does, too.
MEDIAMTX := https://github.com/bluenviron/mediamtx
GO2RTC   := https://github.com/AlexxIT/go2rtc

# SQLite is C that was translated to Go, and so is what it stands on: its memory lies
# outside of Go's heap, where the race detector does not look. To have it watched
# finds nothing, and takes nine times as long. Its driver is watched, as is who calls it.
UNWATCHED := -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false -gcflags=modernc.org/memory=-race=false

# The packages whose tests take longest begin first, or one of them would be what all wait for in the end.
LONGEST := ./cmd/nvrd ./cmd/nvrd/prove ./federation/online
TEMPL := $(shell find ui -name '*.templ' -not -path '*/node_modules/*')

.DELETE_ON_ERROR:
.PHONY: help run build cross test torture sim motion lint pages screens film peers bench live rivals fuzz vuln image clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Three homes of a street with simulated doorbells, which are neighbors, and a fire brigade that asks them; needs only Go and Node
	bin/nvrd demo --homes 3 --agency

build: build/templ.stamp build/web.stamp ## Build bin/nvrd
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION) -X main.sourceURL=$(SOURCE_URL)' -o bin/nvrd ./cmd/nvrd

cross: build/templ.stamp build/web.stamp ## Build for the machines that others have: 32 and 64 bits of ARM; minutes from a cold cache
	CGO_ENABLED=0 GOARCH=arm GOARM=6 go build -o /dev/null ./cmd/nvrd
	CGO_ENABLED=0 GOARCH=arm64 go build -o /dev/null ./cmd/nvrd

test: peers build build/uitest.stamp lint ## Everything that must hold before a change goes in
	@! git rev-parse --git-dir >/dev/null 2>&1 || git diff --exit-code -- '*_templ.go'
	go mod tidy -diff
	cd $(WEB) && npm run check && npm test
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=1 go test -race $(UNWATCHED) -timeout 40m ./ui/uitest # which needs the whole machine
	CGO_ENABLED=1 go test -race $(UNWATCHED) -timeout 40m $(LONGEST) $$(go list ./... | grep -v /ui/uitest)
	CGO_ENABLED=0 go test ./federation/fedtest/virtual ./federation/api

torture: peers build ## The proofs of what faults cost, at length: 200 kills, 1,000 power cuts, a month of faults; about an hour
	go test -count=1 -timeout 4h -v ./cmd/nvrd/prove -torture

sim: ## Neighborhoods at length: 100,000 random rosters and feeds, a world of 10,000 homes, 1,000 real hosts; 10 GB of memory
	go test -count=1 -timeout 1h -v ./federation/roster -run 'TestWorlds|TestMinority' -worlds 100000
	go test -count=1 -timeout 1h -v ./federation/feed -run 'TestModel|TestConverge|TestSettleSome' -worlds 100000
	go test -count=1 -timeout 1h -v ./federation/request/tlog -run TestHonestAgencies -worlds 100000
	go test -count=1 -timeout 1h -v ./federation/request -run TestLogsConverge -worlds 3000
	go test -count=1 -timeout 1h -v ./federation/blob -run TestWorld -worlds 300
	go test -count=1 -timeout 1h -v ./federation/fedtest -run 'TestSim|TestCatchUp' -homes 10000
	go test -count=1 -timeout 1h -v ./federation/online -run 'TestNAT|TestOneAddress|TestRoutersForget|TestMeetLater|TestForwardedPort' -crowd
	go test -tags sim -count=1 -timeout 2h -v ./federation/fedtest/virtual -run 'TestSim|TestCatchUp'
	go test -count=1 -v ./federation/fedtest/virtual -run TestAgencyAsks -asked 200
	go test -count=1 -timeout 1h -v ./federation/api -run TestNobodyLearnsADecision -seeds 2000
	go test -tags sim -count=1 -timeout 4h -v ./federation/api -run TestWhatIsLearned -runs 1200

motion: peers ## How well motion is found in 96 films in which it is known; they are made once, which takes a quarter of an hour
	go test -count=1 -timeout 2h -v ./pkg/motion -run TestFilms -films all

lint: build/templ.stamp build/web.stamp ## Style, mistakes and the floors of the house
	$(LINT) run

pages: peers build build/uitest.stamp ## The pages in Chromium and Firefox; screenshots go to build/screenshots
	go test -count=1 -v ./ui/uitest

screens: peers build build/uitest.stamp ## Every screen beside how it was accepted, in build/screens/report.html; ACCEPT=1 accepts what is there now; ten minutes
	go test -tags screens -count=1 -timeout 40m -v ./ui/uitest -run TestScreens $(if $(ACCEPT),-accept)

film: peers build build/uitest.stamp ## The timeline dragged over an hour, ten frames a second in build/film, and how soon the picture under the hand is there
	go test -tags screens -count=1 -timeout 20m -v ./ui/uitest -run TestFilm

peers: # Installs what the tests need as root, or else says what is missing.
	@missing=$$(for p in $(PEERS); do \
		[ "$$(dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || echo $$p; done); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; \
	else \
		echo "The tests need Debian packages that are not installed. Install them with:"; \
		echo "  sudo apt-get install --no-install-recommends" $$missing; exit 1; \
	fi

bench: peers build build/uitest.stamp ## What recording costs, beside ffmpeg on the same streams; what a start after a crash does; how quick pages seek; micro-benchmarks
	go test -tags bench -p 1 -count=1 -timeout 30m -v -run TestCost ./cmd/nvrd ./cmd/nvrd/prove
	STOOP_BENCH=1 go test -count=1 -v -run 'TestBrowsers/(chromium|talk)$$' ./ui/uitest
	$(MAKE) live
	go test -run '^$$' -bench . -benchmem ./pkg/...

live: peers build build/uitest.stamp rivals ## How soon live pictures are seen, how old they are, and what 50 viewers cost, beside MediaMTX and go2rtc; ten minutes
	go test -tags bench -count=1 -timeout 20m -v -run 'TestLive|TestCost' ./ui/uitest

# $(call rival,name,repository,tag,what its sources lack) builds build/bench/NAME, once.
rival = @[ -x build/bench/$(1) ] || { dir=$$(mktemp -d) && mkdir -p build/bench && \
	(git -c advice.detachedHead=false clone -q --depth 1 --branch $(3) $(2) $$dir && cd $$dir && $(4) && CGO_ENABLED=0 go build -o $(CURDIR)/build/bench/$(1) .) || \
	echo "$(1) $(3) cannot be built here: live pictures are measured without it"; rm -rf $$dir; }

rivals: # Builds what live pictures are compared with. MediaMTX embeds two files that it makes; its HLS is not used.
	$(call rival,mediamtx,$(MEDIAMTX),v1.20.1,echo v1.20.1 >internal/core/VERSION && touch internal/servers/hls/hls.min.js)
	$(call rival,go2rtc,$(GO2RTC),v1.9.14,:)

fuzz: ## Each fuzz target for FUZZTIME (30s)
	@set -e; grep -ro --include '*_test.go' --exclude-dir node_modules '^func Fuzz[A-Za-z0-9]*' cmd pkg ui federation | \
	while IFS=': ' read -r file _ target; do \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file); \
	done

vuln: ## Known vulnerabilities in what is linked in; needs the network
	$(VULN) ./...

image: ## Build the container image with docker or buildah
	@if docker info >/dev/null 2>&1; then set -x; docker build --build-arg VERSION=$(VERSION) --build-arg SOURCE_URL=$(SOURCE_URL) -t $(IMAGE) .; \
	else set -x; buildah bud --format docker --build-arg VERSION=$(VERSION) --build-arg SOURCE_URL=$(SOURCE_URL) -t $(IMAGE) .; fi

clean: ## Remove what was built
	rm -rf bin build $(WEB)/node_modules ui/uitest/node_modules
	find $(WEB)/dist -mindepth 1 -not -name .keep -delete

build/npm.stamp: $(WEB)/package-lock.json $(WEB)/package.json
	cd $(WEB) && npm ci --no-audit --no-fund
	@mkdir -p $(@D) && touch $@

build/uitest.stamp: ui/uitest/package-lock.json ui/uitest/package.json
	cd ui/uitest && npm ci --no-audit --no-fund
	@mkdir -p $(@D) && touch $@

build/web.stamp: build/npm.stamp $(shell find $(WEB)/src -type f 2>/dev/null) $(wildcard $(WEB)/*.mjs)
	cd $(WEB) && npm run build
	@mkdir -p $(@D) && touch $@

build/templ.stamp: $(TEMPL) go.mod
	go tool templ generate -path ui
	@mkdir -p $(@D) && touch $@
