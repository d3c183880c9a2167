package hostile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// threats says which tests keep each promise about those who mean harm: a folder from the root of the repository, and names.
var threats = []struct {
	threat string
	tests  []string
}{
	{"cross-site WebSocket hijacking: a foreign, null, suffixed, prefixed, numeric, other-port or other-scheme Origin", []string{
		"internal/app TestForeignOriginsAreClosedWith4000 TestOrigins", "internal/devserver TestOrigins TestOriginsOfTheApplication TestADoorAsksWhoComes",
	}},
	{"clients with no Origin and no token", []string{"internal/devserver TestNobodyWithoutCredential TestControlNeedsTheToken", "internal/app TestWhoMayConnect"}},
	{"DNS rebinding", []string{"internal/devserver TestForeignHostGetsNothing TestOwnHostsGetIn TestADoorAsksWhoComes", "internal/app TestDevTokenRefusesRebinding"}},
	{"a browser that asks nobody before it connects to this machine", []string{"internal/e2e TestAForeignPageInChromiumGetsNothing"}},
	{"tokens in a query, a log, a capture, a Referer or the browser's history; tickets used twice", []string{
		"internal/devserver TestNoTokenIsKept TestNoSecretIsRecordedOrCounted", "internal/tap TestBlank", "internal/app TestTicketOpensOneConnection",
		"internal/app/redis TestTicketsAreTakenOnce", "internal/app/cluster TestNoTokenInAnyLog", "internal/e2e TestTheTokenLeavesNoTrace",
	}},
	{"JWT: algorithms, keys, times, audience, a megabyte of dots; expiry and logout while connected", []string{
		"internal/app/auth TestVerify TestHugeTokensCostNothing TestErrorsNeverQuoteTheToken TestWeakKeysAreRefused",
		"internal/app TestExpiryEndsTheConnection TestLogoutEndsTheUsersConnections", "internal/app/cluster TestLogoutHoldsOnEveryNode",
	}},
	{"message authorisation: a private message, a forged sender", []string{
		"internal/app TestPrivateReachesItsTargetOnly TestErrorsListEverythingWrong TestScopeIsCheckedPerAction TestNobodyIsLoggedOutByAnother",
	}},
	{"sizes: the limit, one more, 64 MB, 2^62, the top bit", []string{
		"internal/guard TestRules TestMemoryOfAHostileClient", "internal/devserver TestEchoAnswersBrokenRules", "internal/app TestServerRules", "internal/hostile TestHostileClientsCostLittleMemory",
	}},
	{"deflate bombs, for the server and for the tap", []string{
		"internal/devserver TestEchoAnswersBrokenRules TestHostileClientsDoNotFillTheMemory", "internal/app TestHostileClients", "internal/hostile TestHostileClientsCostLittleMemory",
	}},
	{"parameters of permessage-deflate out of range", []string{"internal/devserver TestWindowBitsOutOfRangeAreDeclined TestAutobahn13", "internal/app TestDeflateParameters"}},
	{"secrets that compression gives away", []string{"internal/app TestCompressionFrom1024Bytes TestNoTokenComesBack"}},
	{"unmasked frames, RSV, opcodes, control frames, close codes", []string{"internal/guard TestRules TestAnySplitGivesTheSame", "internal/app TestServerRules", "internal/devserver TestAutobahn1To7"}},
	{"floods of fragments and pings", []string{"internal/devserver TestEchoAnswersBrokenRules", "internal/app TestPingFloodIsBackPressure TestHostileClients", "internal/hostile TestHostileClientsCostLittleMemory"}},
	{"text and close reasons that are not UTF-8", []string{"internal/app TestUTF8 TestServerRules", "internal/devserver TestAutobahn6 TestEchoAnswersBrokenRules", "internal/frame TestTextInPiecesIsJudgedAsAWhole"}},
	{"close races", []string{"internal/app TestCloseRaces TestLeavingWhileWriting"}},
	{"slowloris, silent peers, slow readers", []string{
		"internal/devserver TestSlowlorisIsClosed TestSilentPeerIsClosed", "internal/app TestSlowlorisIsCutOff TestSilentPeersAreTerminated TestIdleClientsAreClosed TestSlowReadersAreDisconnected TestTheFirstMessageIsAwaited",
	}},
	{"header floods", []string{"internal/devserver TestHeaderFloods", "internal/app TestHeaderFlood TestHandshakeRules"}},
	{"CR, LF and NUL in a handshake", []string{"internal/app TestHandshakeRules", "internal/proxy TestWhatOfAHandshakeChanges TestParseTarget"}},
	{"the tap as an open proxy", []string{"internal/proxy TestOnlyTheTargetIsDialled TestItIsNotItsOwnTarget TestOnePathIsOnePath", "internal/devserver TestATargetIsNotTheServerItself TestPanelIsNotTapped"}},
	{"markup in what is shown", []string{"internal/e2e TestMarkupStaysText TestMarkupStaysTextInTheConsole TestMarkupStaysTextInTheChat", "panel TestDataIsTextAndNothingIsInline"}},
	{"prototype pollution", []string{"internal/e2e TestNoMessageReachesAPrototype"}},
	{"growth and leaks", []string{"wasm/module TestNothingStaysBehind", "internal/faults TestTenThousandConnectionsLeaveNothing", "internal/app TestAddressesForget TestRevokedTokensAreBounded"}},
	{"Redis: names, patterns, a wrong password, a subscriber that is cut off", []string{
		"internal/app/redis TestNamesInRedisAreOurs TestStartFailsClearly TestCutOffSubscribersAreToldHowMuchTheyMissed TestForgedAndDoubledMessagesAreDropped",
	}},
	{"log injection", []string{"internal/app TestLogInjection TestLogged", "internal/devserver TestFrameLog"}},
	{"nginx: idle connections, forged X-Forwarded-For", []string{"internal/app/cluster TestHeartbeatKeepsIdleConnections", "internal/app TestAddressLimitsCannotBeSpoofed TestClientAddress"}},
}

// TestEveryThreatHasItsTests: each of them exists, as a test, where the table says.
func TestEveryThreatHasItsTests(t *testing.T) {
	known := map[string]map[string]bool{}
	for _, threat := range threats {
		for _, line := range threat.tests {
			dir, names, _ := strings.Cut(line, " ")
			if known[dir] == nil {
				known[dir] = testsIn(t, filepath.Join("..", "..", filepath.FromSlash(dir)))
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

// testsIn returns the names of the tests in a folder, whatever they are built for.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files of tests, %v", dir, len(files), err)
	}
	names := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}
