package hostile

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetherscope/tetherscope/internal/test/testnames"
)

// threats says which tests keep each promise about those who mean harm: a folder from the root of the repository, and names.
var threats = []struct {
	threat string
	tests  []string
}{
	{"cross-site WebSocket hijacking: a foreign, null, suffixed, prefixed, numeric, other-port or other-scheme Origin", []string{
		"internal/app TestForeignOriginsAreClosedWith4000 TestOrigins", "internal/server TestOrigins TestOriginsOfTheApplication TestATargetAsksWhoComes",
	}},
	{"clients with no Origin and no token", []string{"internal/server TestNoClientWithoutCredential TestControlNeedsTheToken", "internal/app TestWhoMayConnect"}},
	{"DNS rebinding", []string{"internal/server TestForeignHostGetsNothing TestOwnHostsGetIn TestATargetAsksWhoComes", "internal/app TestDevTokenRefusesRebinding"}},
	{"a browser that asks no user before it connects to this machine", []string{"internal/test/e2e TestForeignPagesInChromiumGetNothing"}},
	{"tokens in a query, a log, a capture, a Referer or the browser's history; tickets used twice", []string{
		"internal/server TestNoTokenIsKept TestNoSecretIsRecordedOrCounted", "internal/tap TestBlank", "internal/app TestTicketOpensOneConnection",
		"internal/app/redis TestTicketsAreTakenOnce", "internal/app/cluster TestNoTokenInAnyLog", "internal/test/e2e TestTheTokenLeavesNoTrace",
	}},
	{"JWT: algorithms, keys, times, audience, a megabyte of dots; expiry and logout while connected", []string{
		"internal/app/auth TestVerify TestHugeTokensCostNothing TestErrorsNeverQuoteTheToken TestWeakKeysAreRefused",
		"internal/app TestExpiryEndsTheConnection TestLogoutEndsTheUsersConnections", "internal/app/cluster TestLogoutHoldsOnEveryNode",
	}},
	{"message authorisation: a private message, a forged sender", []string{
		"internal/app TestPrivateReachesItsTargetOnly TestErrorsListEverythingWrong TestScopeIsCheckedPerAction TestNoClientIsLoggedOutByAnother",
	}},
	{"sizes: the limit, one more, 64 MB, 2^62, the top bit", []string{
		"internal/wslimit TestRules TestMemoryOfAHostileClient", "internal/server TestEchoAnswersBrokenRules", "internal/app TestServerRules", "internal/test/hostile TestHostileClientsCostLittleMemory",
	}},
	{"deflate bombs, for the server and for the tap", []string{
		"internal/server TestEchoAnswersBrokenRules TestHostileClientsDoNotFillTheMemory", "internal/app TestHostileClients", "internal/test/hostile TestHostileClientsCostLittleMemory",
	}},
	{"parameters of permessage-deflate out of range", []string{"internal/server TestWindowBitsOutOfRangeAreDeclined TestAutobahn13", "internal/app TestDeflateParameters"}},
	{"secrets that compression gives away", []string{"internal/app TestCompressionFrom1024Bytes TestNoTokenComesBack"}},
	{"unmasked frames, RSV, opcodes, control frames, close codes", []string{"internal/wslimit TestRules TestAnySplitGivesTheSame", "internal/app TestServerRules", "internal/server TestAutobahn1To7"}},
	{"memory: unfinished messages, inflaters of streams that never end, claimed lengths", []string{"internal/test/hostile TestUnfinishedMessagesShareABudget TestSessionsWithoutATokenShareABudget TestIdleInflatersAreSmall TestPacketsWithManyInflaters TestAClaimedLengthMakesNoLargeFile", "internal/server/control TestTheListOfInterceptedFramesIsBounded"}},
	{"credentials in captures and exports", []string{"internal/capture/redact TestNoSecretInAnyPlace TestRecords TestHarmlessStays", "internal/cli TestNoExportHasCredentials TestNoDamageHasCredentials", "panel/controller TestWhatLeavesThePanelHasNoCredentials", "internal/server TestNoTokenIsKept TestNoTokenIsKeptUnderFaultRules"}},
	{"words of peers on the terminal", []string{"internal/cli TestNoCommandObeysAPeer"}},
	{"floods of fragments and pings", []string{"internal/server TestEchoAnswersBrokenRules TestPingsAreBounded", "internal/app TestPingFloodIsBackPressure TestHostileClients", "internal/test/hostile TestHostileClientsCostLittleMemory"}},
	{"text and close reasons that are not UTF-8", []string{"internal/app TestUTF8 TestServerRules", "internal/server TestAutobahn6 TestEchoAnswersBrokenRules", "internal/frame TestTextInPiecesIsCheckedAsAWhole"}},
	{"close races", []string{"internal/app TestCloseRaces TestLeavingWhileWriting"}},
	{"slowloris, silent peers, slow readers", []string{
		"internal/server TestSlowlorisIsClosed TestSilentPeerIsClosed TestStalledClientsEnd", "internal/app TestSlowlorisIsCutOff TestSilentPeersAreTerminated TestIdleClientsAreClosed TestSlowReadersAreDisconnected TestTheFirstMessageIsAwaited",
	}},
	{"header floods", []string{"internal/server TestHeaderFloods", "internal/app TestHeaderFlood TestHandshakeRules"}},
	{"CR, LF and NUL in a handshake", []string{"internal/app TestHandshakeRules", "internal/server/proxy TestWhatOfAHandshakeChanges TestParseTarget"}},
	{"the tap as an open proxy", []string{"internal/server/proxy TestOnlyTheTargetIsDialled TestItIsNotItsOwnTarget TestOnePathIsOnePath TestATargetDoesNotMoveInside", "internal/server TestATargetIsNotTheServerItself TestPanelIsNotTapped"}},
	{"markup in what is shown", []string{"internal/test/e2e TestMarkupStaysText TestMarkupStaysTextInTheConsole TestMarkupStaysTextInTheChat", "panel TestDataIsTextAndNothingIsInline"}},
	{"prototype pollution", []string{"internal/test/e2e TestNoMessageReachesAPrototype"}},
	{"growth and leaks", []string{"wasm/module TestNothingStaysBehind", "internal/test/faults TestTenThousandConnectionsLeaveNothing", "internal/app TestAddressesForget TestRevokedTokensAreBounded"}},
	{"Redis: names, patterns, a wrong password, a subscriber that is cut off", []string{
		"internal/app/redis TestNamesInRedisAreOurs TestStartFailsClearly TestCutOffSubscribersLearnHowMuchTheyMissed TestForgedAndDoubledMessagesAreDropped",
	}},
	{"log injection", []string{"internal/app TestLogInjection TestLogged", "internal/server TestFrameLog"}},
	{"the panel and the control API behind a reverse proxy", []string{"internal/server TestNothingThroughAReverseProxy TestTheControlAPIIsNotForForeignPages TestNothingThroughNginx TestAnotherMachineGetsWhatTheUserChose", "internal/app TestDevTokenNeedsTheClientOfAProxy"}},
	{"what is checked is not what is passed on: two heads, lone line feeds, a choice of protocols", []string{"internal/tap TestTheHeadIsWhatWasChecked", "internal/server/proxy TestNoChoiceOfProtocols"}},
	{"targets that reach each other: cookies, pages, service workers", []string{
		"internal/test/e2e TestTargetsAreSeparate TestAServiceWorkerEndsWithItsTarget", "internal/server TestATargetAsksWhoComes TestABrowserIsSentToTheName TestTheServerIsNoTarget TestATargetsPortIsOfItsName",
	}},
	{"other users of the machine, and their servers at other ports", []string{
		"internal/test/e2e TestTheTokenIsForOneBrowser TestAnotherLocalPortGetsNoToken", "internal/userkey TestFind TestOthersFilesAreNotUsed TestRemove",
		"internal/server TestAOneTimeKeyWorksOnce TestASecretKeepsBrowsersLoggedIn TestTheKeyFile TestTheDoorwayIsPrivate TestTheTokenStaysWithTheUser TestSessionIsNotGivenToOthers",
	}},
	{"foreign pages that evict the capture, fill the disk, or use up a local user's limits", []string{"internal/server TestForeignGetsLeaveNoRecord TestRefusedHandshakesDoNotEvictTheCapture TestAForeignPageDoesNotLockOutTheUser TestAForeignPageMayOnlyLinkToATarget"}},
	{"nginx: idle connections, forged X-Forwarded-For", []string{"internal/app/cluster TestHeartbeatKeepsIdleConnections", "internal/app TestAddressLimitsCannotBeSpoofed TestClientAddress"}},
}

// TestEveryThreatHasItsTests: each of them exists, as a test, where the table says.
func TestEveryThreatHasItsTests(t *testing.T) {
	known := map[string]map[string]bool{}
	for _, threat := range threats {
		for _, line := range threat.tests {
			dir, names, _ := strings.Cut(line, " ")
			if known[dir] == nil {
				known[dir] = testnames.In(t, filepath.Join("..", "..", "..", filepath.FromSlash(dir)))
			}
			for name := range strings.FieldsSeq(names) {
				if !known[dir][name] {
					t.Errorf("%s: there is no %s in %s", threat.threat, name, dir)
				}
			}
		}
		if len(threat.tests) == 0 {
			t.Errorf("%s: no test", threat.threat)
		}
	}
}
