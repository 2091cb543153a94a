package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"nvrd/pkg/nvr"
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is one subcommand. run parses its own flags.
type command struct {
	name  string
	usage string // what follows the name
	short string
	run   func(ctx context.Context, c *call) error
}

func commands() []command {
	return []command{
		{"run", "[--data DIR] [--listen HOST:PORT] [--access-key-file FILE] [--host NAME]... [--certificate FILE --certificate-key FILE] [--proxy ADDRESS]... [--webrtc-port N] [--neighbor-port N] [--neighbor-address ADDRESS] [--relay-only]", "record and serve", run},
		{"demo", "[--homes N] [--agency] [--no-visitor] [--data DIR] [--listen HOST:PORT] [--access-key-file FILE] [--host NAME]... [--webrtc-port N]", "try it out with two simulated doorbells in each home", demo},
		{"camera add", "[--data DIR] --name NAME --url RTSP [--sub RTSP] [--user U] [--password-file F]", "add a camera", cameraAdd},
		{"camera list", "[--data DIR] [--json]", "list the cameras", cameraList},
		{"camera set", "[--data DIR] --name NAME [--rename NAME] [--url RTSP] [--sub RTSP] [--user U] [--password-file F] [--mode continuous|events|off|privacy] [--before TIME] [--after TIME] [--streams both|main|sub] [--schedule SCHEDULE]", "change how a camera is reached, and what is recorded of it, and when", cameraSet},
		{"camera remove", "[--data DIR] --name NAME", "remove a camera; its footage stays", cameraRemove},
		{"camera probe", "--url RTSP [--sub RTSP] [--user U] [--password-file F]", "ask a camera what it sends", cameraProbe},
		{"home set", "[--data DIR] [--mode home|away|night|privacy|schedule [--until T] | --cameras-on] [--schedule SCHEDULE] [--time-zone ZONE] [--language en|de]", "say how things stand with the house; with privacy all cameras are off", homeSet},
		{"home", "[--data DIR] [--json]", "show what holds for all cameras", homeShow},
		{"ring", "[--listen HOST:PORT] [--access-key-file FILE] --camera NAME", "ring, as if somebody pressed the button at a camera", ringBell},
		{"certificate", "[--data DIR] [--out FILE]", "show the home's authority, to compare with what devices show", showCertificate},
		{"timeline", "[--data DIR] --camera NAME --from T --to T [--stream main|sub] [--json]", "list footage and gaps", timeline},
		{"export", "[--data DIR] --camera NAME --from T --to T --out FILE.mp4 [--stream main|sub] [--progressive]", "write footage to a file", export},
		{"check", "[--data DIR] [--level presence|size|hash] [--repair] [--json]", "compare footage and catalog; repair what does not agree", check},
		{"rebuild", "[--data DIR]", "make the catalog again from the footage", rebuild},
		{"lock add", "[--data DIR] --camera NAME --from T --to T --why TEXT [--who NAME] [--until T]", "keep footage until the lock is removed", lockAdd},
		{"lock list", "[--data DIR] [--json]", "list the locks", lockList},
		{"lock remove", "[--data DIR] --id N", "let locked footage go again", lockRemove},
		{"storage add", "[--data DIR] --path DIR [--first]", "keep footage in another directory, too", storageAdd},
		{"storage remove", "[--data DIR] --path DIR", "write nothing more to a directory; its footage stays", storageRemove},
		{"storage set", "[--data DIR] [--free SIZE] [--free-percent N] [--max SIZE] [--spare-young BOOL] [--CLASS-min AGE] [--CLASS-max AGE] [--CLASS-share N]", "say how long footage stays", storageSet},
		{"storage", "[--data DIR] [--json]", "show what is kept, and for how long", storage},
		{"neighborhood on", "[--listen HOST:PORT] [--access-key-file FILE]", "take part with neighbors; prints 24 words to be kept on paper", neighborhoodOn},
		{"neighborhood restore", "[--listen HOST:PORT] [--access-key-file FILE]", "take up the keys of a machine that was lost, with the 24 words from standard input", neighborhoodRestore},
		{"neighborhood found", "[--listen HOST:PORT] [--access-key-file FILE] {--title TITLE --home NAME [--contact TEXT] [--place NAME]... [--invites members|stewards] | --anew TITLE}", "begin a neighborhood, or one in the place of another", neighborhoodFound},
		{"neighborhood follow", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] [--decline]", "go on in what a neighbor founded anew, or don't", neighborhoodFollow},
		{"neighborhood invite", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] [--days N] [--succeeds NAME]", "let another home in", neighborhoodInvite},
		{"neighborhood join", "[--listen HOST:PORT] [--access-key-file FILE] --home NAME [--returns]", "ask to be let in, with an invite from standard input", neighborhoodJoin},
		{"neighborhood members", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] [--json]", "list the homes that are in", neighborhoodMembers},
		{"neighborhood agencies", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] [--json]", "list the agencies that may ask homes, and those that may no longer", neighborhoodAgencies},
		{"neighborhood admit-agency", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] --card FILE|- [--cells CELLS | --at LAT,LON --radius METRES] [--succeeds TITLE] [--unproved] [--look]", "propose, as a steward, to let an agency ask homes", neighborhoodAdmit},
		{"neighborhood suspend-agency", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] --agency TITLE --reason TEXT", "propose, as a steward, to take nothing more of an agency", neighborhoodSuspend},
		{"neighborhood sponsor", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] --agency TITLE {[--poll URL] | --stop}", "tell neighbors what an agency asks, and keep for it what they answer", neighborhoodSponsor},
		{"neighborhood gateway", "[--listen HOST:PORT] [--access-key-file FILE] {--gateway HOST:PORT --url URL | --stop}", "let agencies reach this home, as their sponsor", neighborhoodGateway},
		{"neighborhood record", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] --agency TITLE --out FILE", "write what an agency published into a file that anybody verifies", neighborhoodRecord},
		{"neighborhood requests", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] [--json]", "list what agencies asked", neighborhoodRequests},
		{"neighborhood proposals", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] [--json]", "list what stewards vote on", neighborhoodProposals},
		{"neighborhood vote", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] [--proposal ID]", "vote for a proposal, as a steward", neighborhoodVote},
		{"neighborhood seat", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE]", "print the key with which this home would be a steward", neighborhoodSeat},
		{"neighborhood add-steward", "[--listen HOST:PORT] [--access-key-file FILE] [--neighborhood TITLE] --home NAME [--seat FILE|-]", "propose, as a steward, that a home be one, or stay one", neighborhoodAddSteward},
		{"neighborhood leave", "[--listen HOST:PORT] [--access-key-file FILE] --neighborhood TITLE", "leave, and take back all that this home said", neighborhoodLeave},
		{"neighborhood status", "[--listen HOST:PORT] [--access-key-file FILE] [--json]", "show how it stands with the neighborhood", neighborhoodStatus},
		{"agency init", "[--agency DIR] --title TITLE --class police|fire|town [--domain NAME] --contact TEXT --policy TEXT --jurisdiction CORNERS", "make an agency's key and its log, with which it asks homes in public", agencyInit},
		{"agency card", "[--agency DIR]", "print what the agency says of itself, for stewards who let it in", agencyCard},
		{"agency request", "[--agency DIR] --case NUMBER --incident KIND --from T --to T --area CORNERS --text TEXT [--contact TEXT] [--days N]", "ask the homes of an area what their cameras saw", agencyRequest},
		{"agency bulletin", "[--agency DIR] --title TITLE --text TEXT [--days N]", "tell homes what keeps them safe", agencyBulletin},
		{"agency resolve", "[--agency DIR] --request ID", "end a request: its case is resolved", agencyResolve},
		{"agency withdraw", "[--agency DIR] --request ID", "end a request: it is no longer asked", agencyWithdraw},
		{"agency rotate", "[--agency DIR]", "make a new key to which homes seal what they hand over, and publish it", agencyRotate},
		{"agency inbox", "[--agency DIR] [--take FILE]... [--json] | [--agency DIR] --open ID --out DIR", "list what homes handed over, or write one of these to files", agencyInbox},
		{"agency forget", "[--agency DIR] --response ID", "delete what a home handed over", agencyForget},
		{"agency key", "[--agency DIR] --out FILE", "write the keys with which age opens what homes hand over", agencyKey},
		{"agency sponsor add", "[--agency DIR] --sponsor TEXT", "have a home take in what the agency publishes, and keep for it what homes hand over", agencySponsorAdd},
		{"agency sponsor list", "[--agency DIR]", "list the sponsors", agencySponsorList},
		{"agency sponsor remove", "[--agency DIR] --sponsor HOST", "ask a sponsor no longer", agencySponsorRemove},
		{"agency posts", "[--agency DIR]", "list what neighbors opened to the agency", agencyPosts},
		{"agency reply", "[--agency DIR] --post ID --text TEXT", "answer such a post, for all to read", agencyReply},
		{"agency submit", "[--agency DIR]", "give the log to the sponsors; it is done after each publication, too", agencySubmit},
		{"agency log", "[--agency DIR] [--json]", "list what the agency published", agencyLog},
		{"agency export", "[--agency DIR] {--out DIR | --file FILE}", "write the log as files that any web server can serve, or as one", agencyExport},
		{"agency serve", "[--agency DIR] [--listen HOST:PORT]", "serve the log to homes and to anybody who wants to verify it", agencyServe},
		{"agency desk", "[--agency DIR] [--listen HOST:PORT]", "serve the agency's own pages on this computer: ask, read what came, forget it", agencyDesk},
		{"agency verify", "--log FILE|DIR|URL [--json]", "check what an agency published; everybody can", agencyVerify},
		{"health", "[--listen HOST:PORT]", "ask a running nvrd whether it is well", health},
		{"version", "", "print the version", printVersion},
	}
}

// Exit statuses; docs/ref/cli.md lists them.
const (
	exitOK = iota
	exitFailure
	exitUsage
	exitNotFound
	exitExists
	exitInvalid
	exitBusy
	exitDamaged
)

var (
	// errUsage is a command line that does not parse; its message was printed.
	errUsage = errors.New("usage")
	// errHelped is a command line that asked for help, and got it.
	errHelped = errors.New("helped")
)

// execute runs one command line and returns its exit status.
func execute(ctx context.Context, args []string, s streams) int {
	all := commands()
	for _, c := range all {
		words := strings.Fields(c.name)
		if len(args) < len(words) || strings.Join(args[:len(words)], " ") != c.name {
			continue
		}
		err := c.run(ctx, &call{command: c, args: args[len(words):], streams: s})
		if err != nil && !errors.Is(err, errUsage) && !errors.Is(err, errHelped) {
			fmt.Fprintf(s.err, "nvrd %s: %v\n", c.name, err)
		}
		return status(err)
	}
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		help(s.out, all)
		return exitOK
	}
	fmt.Fprintf(s.err, "nvrd: there is no command %q; run `nvrd help`\n", strings.Join(args, " "))
	return exitUsage
}

func help(w io.Writer, all []command) {
	fmt.Fprint(w, "nvrd records doorbell cameras to local disk and shows them on your own network.\n\n")
	for _, c := range all {
		fmt.Fprintf(w, "  nvrd %s\n        %s\n", strings.TrimSpace(c.name+" "+c.usage), c.short)
	}
	fmt.Fprint(w, "\nEach command explains its flags: nvrd run --help. T is RFC 3339, such as 2026-11-22T14:03:22Z. Flags can be set in the environment, too:\n"+
		"--data as STOOP_DATA, and so on. Without --data, footage goes to "+defaultData()+".\n")
}

// status maps an error to an exit status.
func status(err error) int {
	switch {
	case err == nil, errors.Is(err, errHelped):
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, nvr.ErrNotFound):
		return exitNotFound
	case errors.Is(err, nvr.ErrExists):
		return exitExists
	case errors.Is(err, nvr.ErrInvalid), errors.Is(err, nvr.ErrTooLarge):
		return exitInvalid
	case errors.Is(err, nvr.ErrBusy):
		return exitBusy
	case errors.Is(err, nvr.ErrDamaged):
		return exitDamaged
	default:
		return exitFailure
	}
}

// call is one invocation of a command.
type call struct {
	command command
	args    []string
	typed   string // a flag that does not come from the environment
	streams
}

// flags returns the command's flag set. Every flag may come from the
// environment, and the command line wins.
func (c *call) flags() *flag.FlagSet {
	f := flag.NewFlagSet("nvrd "+c.command.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

// parse reads the flags; required ones must not be empty.
func (c *call) parse(f *flag.FlagSet, required ...string) error {
	given := f.Parse(c.args)
	set := map[string]bool{}
	f.Visit(func(fl *flag.Flag) { set[fl.Name] = true })
	f.VisitAll(func(fl *flag.Flag) {
		variable := variable(fl.Name)
		if v, ok := os.LookupEnv(variable); ok && !set[fl.Name] && fl.Name != c.typed {
			if err := f.Set(fl.Name, v); err != nil && given == nil {
				given = fmt.Errorf("%s: %w", variable, err)
			}
		}
	})
	var missing []string
	for _, name := range required {
		if f.Lookup(name).Value.String() == "" {
			missing = append(missing, "--"+name)
		}
	}
	switch {
	case errors.Is(given, flag.ErrHelp):
		c.explain(f)
		return errHelped
	case given != nil:
		fmt.Fprintf(c.err, "nvrd %s: %v\n", c.command.name, given)
	case f.NArg() > 0:
		fmt.Fprintf(c.err, "nvrd %s: %q was not expected\n", c.command.name, f.Arg(0))
	case len(missing) > 0:
		fmt.Fprintf(c.err, "nvrd %s: %s is needed\n", c.command.name, strings.Join(missing, " and "))
	default:
		return nil
	}
	fmt.Fprintf(c.err, "usage: nvrd %s %s\n", c.command.name, c.command.usage)
	return errUsage
}

// variable returns the name that a flag has in the environment.
func variable(flag string) string {
	return "STOOP_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// explain prints what the command is for, and each flag of it.
func (c *call) explain(f *flag.FlagSet) {
	fmt.Fprintf(c.out, "usage: nvrd %s\n\n%s\n", strings.TrimSpace(c.command.name+" "+c.command.usage), c.command.short)
	f.VisitAll(func(fl *flag.Flag) {
		kind, text := flag.UnquoteUsage(fl)
		if _, after, ok := strings.Cut(c.command.usage, "--"+fl.Name+" "); ok { // the usage has better words
			kind, _, _ = strings.Cut(after, " ")
			kind = strings.Trim(kind, "[].")
		}
		if fl.DefValue != "" && fl.DefValue != "false" {
			text += "; " + fl.DefValue + " unless given"
		}
		fmt.Fprintf(c.out, "\n  %s\n        %s\n", strings.TrimSpace("--"+fl.Name+" "+kind), text)
	})
}

// dataFlag adds --data.
func dataFlag(f *flag.FlagSet) *string {
	return f.String("data", defaultData(), "where footage and settings are kept")
}

// defaultData is where footage goes when nobody says otherwise.
func defaultData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "stoop")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "stoop")
	}
	return "stoop-data"
}

// logger writes for people: one line each, without the date when a service
// manager adds its own.
func (c *call) logger() *slog.Logger {
	options := &slog.HandlerOptions{}
	if os.Getenv("JOURNAL_STREAM") != "" {
		options.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
	}
	return slog.New(slog.NewTextHandler(c.err, options))
}

// printJSON prints v for programs, and for people who look.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func printVersion(_ context.Context, c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	_, err := fmt.Fprintln(c.out, "nvrd", version)
	return err
}
