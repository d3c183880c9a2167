//go:build !js

package tether

import (
	"crypto/tls"
	"errors"
	"net"
)

// examine reads what the attempt itself said.
func (platformExaminer) examine(_ string, info CloseInfo, found func(*Diagnosis)) (stop func()) {
	found(symptomsOf(info.Err).verdict())
	return func() {}
}

func symptomsOf(err error) (s symptoms) {
	if h, ok := errors.AsType[*HandshakeError](err); ok {
		return symptoms{reached: true, handshake: true, status: h.Status, retryAfter: h.RetryAfter}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return symptoms{untrusted: true}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		s.offline = dns.IsTemporary && !dns.IsNotFound // no name server answers
	}
	return s
}
