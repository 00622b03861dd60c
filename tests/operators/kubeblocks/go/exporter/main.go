// Copyright (c) 2026, the kafkaops.kraft authors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Command exporter is a DOUBLE of kafka_exporter, which is in no package registry: it has its two options that the addon uses, and serves
// what a Metadata request tells, in its names. It cannot log in: of a broker that wants SASL it serves nothing but kafka_double_up 0.
package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

// An answer is read from its beginning; what is not there any more is empty.
type reader struct{ data []byte }

func (r *reader) take(count int) []byte {
	if count < 0 || count > len(r.data) {
		count = len(r.data)
	}
	found := r.data[:count]
	r.data = r.data[count:]
	return found
}

func (r *reader) number() int {
	if raw := r.take(4); len(raw) == 4 {
		return int(int32(binary.BigEndian.Uint32(raw)))
	}
	return 0
}

func (r *reader) text() string {
	raw := r.take(2)
	if len(raw) < 2 {
		return ""
	}
	length := int16(binary.BigEndian.Uint16(raw))
	if length < 0 {
		return ""
	}
	return string(r.take(int(length)))
}

// Metadata, version 1, of all topics: api 3, correlation id 1, no client id, a list of topics that is null.
var request = []byte{0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func ask(server string) (*reader, error) {
	link, err := net.DialTimeout("tcp", server, 2*time.Second)
	if err != nil {
		return nil, err
	}
	defer link.Close()
	if err := link.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := link.Write(request); err != nil {
		return nil, err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(link, head); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head)) - 4
	if size < 0 || size > 64<<20 || binary.BigEndian.Uint32(head[4:]) != 1 {
		return nil, errors.New("no answer to the request")
	}
	body := make([]byte, size)
	_, err = io.ReadFull(link, body)
	return &reader{body}, err
}

func metrics(answer *reader) string {
	var out strings.Builder
	count := answer.number()
	fmt.Fprintf(&out, "kafka_brokers %d\n", count)
	for range count {
		id := answer.number()
		host, port := answer.text(), answer.number()
		answer.text()
		fmt.Fprintf(&out, "kafka_broker_info{address=\"%s:%d\",id=\"%d\"} 1\n", host, port, id)
	}
	answer.number()
	for range answer.number() {
		answer.take(2)
		name := answer.text()
		answer.take(1)
		partitions := answer.number()
		fmt.Fprintf(&out, "kafka_topic_partitions{topic=\"%s\"} %d\n", name, partitions)
		for range partitions {
			answer.take(10)
			answer.take(4 * answer.number())
			answer.take(4 * answer.number())
		}
	}
	return out.String()
}

func main() {
	var servers list
	address := flag.String("web.listen-address", ":9308", "")
	flag.Var(&servers, "kafka.server", "")
	flag.Parse()
	http.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		for _, server := range servers {
			answer, err := ask(server)
			if err == nil {
				fmt.Fprintf(w, "kafka_double_up 1\n%s", metrics(answer))
				return
			}
			fmt.Fprintln(os.Stderr, "exporter:", server, err)
		}
		fmt.Fprintln(w, "kafka_double_up 0")
	})
	if err := http.ListenAndServe(*address, nil); err != nil {
		fmt.Fprintln(os.Stderr, "exporter:", err)
		os.Exit(1)
	}
}
