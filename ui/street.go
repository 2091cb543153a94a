package ui

import (
	"nvrd/pkg/auth"
	"nvrd/ui/page/failure"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/agencies"
	"nvrd/ui/page/street/anew"
	"nvrd/ui/page/street/asked"
	"nvrd/ui/page/street/begin"
	"nvrd/ui/page/street/feed"
	"nvrd/ui/page/street/members"
	"nvrd/ui/page/street/mine"
	"nvrd/ui/page/street/share"
	"nvrd/ui/page/street/sponsor"
	"nvrd/ui/page/street/stewards"
	"nvrd/ui/page/street/write"
)

// neighborhood routes the pages of the neighborhood: to read them is to review
// it, to say something there to tell it, and the rest to manage it.
func neighborhood(b street.Base, sharing share.Page, desk asked.Desk, route func(pattern string, action auth.Action, p failure.Page)) {
	enter := begin.New(b)
	route("GET /street", auth.Review, enter.Get)
	route("POST /street", auth.Manage, enter.Post)
	route("GET /street/new", auth.Manage, enter.Another)
	route("GET /street/found", auth.Manage, enter.FoundForm)
	route("POST /street/found", auth.Manage, enter.Found)
	route("GET /street/join", auth.Manage, enter.JoinForm)
	route("POST /street/join", auth.Manage, enter.Join)
	route("GET /street/restore", auth.Manage, enter.RestoreForm)
	route("POST /street/restore", auth.Manage, enter.Restore)
	route("GET /street/waiting", auth.Manage, enter.Waiting)
	route("POST /street/waiting", auth.Manage, enter.GiveUp)

	said := feed.Page{Base: b}
	route("GET /street/{street}", auth.Review, said.Get)
	route("POST /street/{street}/quiet", auth.Manage, said.Quiet)
	route("GET /street/{street}/entries/{entry}", auth.Review, said.Entry)
	route("POST /street/{street}/entries/{entry}", auth.Tell, said.Act)
	route("POST /street/{street}/entries/{entry}/label", auth.Manage, said.Judge)
	route("GET /street/{street}/entries/{entry}/report", auth.Tell, said.ReportForm)
	route("POST /street/{street}/entries/{entry}/report", auth.Tell, said.Report)
	route("GET /street/{street}/entries/{entry}/media/{place}", auth.Review, said.Media)
	route("GET /street/{street}/entries/{entry}/media/{place}/thumbnail", auth.Review, said.Thumbnail)
	known := members.Page{Base: b}
	route("GET /street/{street}/members", auth.Review, known.Get)
	route("GET /street/{street}/invite", auth.Manage, known.Form)
	route("POST /street/{street}/invite", auth.Manage, known.Make)
	room := stewards.Page{Base: b}
	route("GET /street/{street}/stewards", auth.Review, room.Get)
	route("POST /street/{street}/stewards", auth.Manage, room.Post)
	askers := agencies.Page{Base: b}
	route("GET /street/{street}/agencies", auth.Review, askers.Get)
	route("POST /street/{street}/agencies", auth.Manage, askers.Suspend)
	route("GET /street/{street}/agencies/new", auth.Manage, askers.Form)
	route("POST /street/{street}/agencies/new", auth.Manage, askers.Admit)
	helping := sponsor.Page{Base: b}
	route("GET /street/{street}/sponsor", auth.Manage, helping.Get)
	route("POST /street/{street}/sponsor", auth.Manage, helping.Post)
	route("POST /street/{street}/gateway", auth.Manage, helping.Gate)
	again := anew.Page{Base: b}
	route("GET /street/{street}/anew", auth.Manage, again.Get)
	route("POST /street/{street}/anew", auth.Manage, again.Post)
	own := mine.Page{Base: b}
	route("GET /street/{street}/mine", auth.Review, own.Get)
	route("POST /street/{street}/mine", auth.Manage, own.Rename)
	route("POST /street/{street}/mine/caps", auth.Manage, own.Limit)
	route("GET /street/{street}/leave", auth.Manage, own.Ask)
	route("POST /street/{street}/leave", auth.Manage, own.Leave)
	writing := write.Page{Base: b, Drafts: sharing.Drafts}
	route("GET /street/{street}/new", auth.Tell, writing.Get)
	route("POST /street/{street}/new", auth.Tell, writing.Post)
	route("GET /street/{street}/drafts/{draft}", auth.Tell, sharing.Draft)
	route("GET /street/{street}/drafts/{draft}/thumbnail", auth.Tell, sharing.DraftThumbnail)
	requests := asked.Page{Base: b, Desk: desk, Cameras: sharing.Cameras, Drafts: sharing.Drafts}
	route("GET /street/{street}/requests", auth.Review, requests.Get)
	route("POST /street/{street}/requests", auth.Manage, requests.Post)
	route("GET /street/{street}/requests/{request}", auth.Review, requests.One)
	route("POST /street/{street}/requests/{request}", auth.Manage, requests.Decide)
	route("GET /street/{street}/requests/{request}/answer", auth.Manage, requests.Answer)
	route("POST /street/{street}/requests/{request}/answer", auth.Manage, requests.Hand)
	route("GET /street/{street}/ask", auth.Tell, requests.Question)
	route("POST /street/{street}/ask", auth.Tell, requests.Put)
	route("GET /street/{street}/answers", auth.Manage, requests.AnswersPage)
	route("POST /street/{street}/answers", auth.Manage, requests.Delete)
	route("GET /street/{street}/answers/{answer}/media/{place}", auth.Manage, requests.AnswerMedia)
	route("GET /street/{street}/coverage", auth.Manage, requests.Coverage)
	route("POST /street/{street}/coverage", auth.Manage, requests.Draw)
	route("GET /street/{street}/ledger", auth.Manage, requests.Ledger)
	route("POST /street/{street}/ledger", auth.Manage, requests.Strike)
	route("GET /street/{street}/ledger.json", auth.Manage, requests.LedgerJSON)
	route("GET /street/{street}/ledger.csv", auth.Manage, requests.LedgerCSV)
}
