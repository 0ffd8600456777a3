// Command pubsub_server is a real gRPC Pub/Sub on one port: Google's own in-memory server, with
// leases and redelivery, behind a front of ours that can be taken down while it keeps its messages.
//
// Its first line of output is its address. After that it answers each line of input with one line:
//
//	counts TOPIC  {"published":…,"acknowledged":…,"deliveries":…}
//	down          closes the port and every connection; messages and leases live on
//	up            opens the same port again
//
// It ends with its input, so that it never outlives who started it.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
)

// What Pub/Sub takes in one request; gRPC's own default is 4 MB.
const requestBytes = 10_000_000 + 64*1024

type counts struct {
	Published    int `json:"published"`
	Acknowledged int `json:"acknowledged"`
	Deliveries   int `json:"deliveries"`
}

func main() {
	port := flag.Int("port", 0, "the port to listen on; 0 takes a free one")
	flag.Parse()

	// Pub/Sub's shortest deadline is 10 s; a test of redelivery need not wait for that.
	pstest.SetMinAckDeadline(time.Second)
	server := pstest.NewServer()
	front, address := serve(server, fmt.Sprintf("127.0.0.1:%d", *port))
	fmt.Println(address)

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		verb, topic, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "counts":
			answer, _ := json.Marshal(count(server, topic))
			fmt.Println(string(answer))
		case "down":
			front.Stop()
			fmt.Println("down")
		case "up":
			front, _ = serve(server, address)
			fmt.Println("up")
		default:
			fmt.Printf("no such command: %q\n", verb)
		}
	}
}

// serve opens a front to the server; pstest's own would refuse messages above 4 MB.
func serve(server *pstest.Server, address string) (*grpc.Server, string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	front := grpc.NewServer(grpc.MaxRecvMsgSize(requestBytes))
	pubsubpb.RegisterPublisherServer(front, &server.GServer)
	pubsubpb.RegisterSubscriberServer(front, &server.GServer)
	go func() {
		if err := front.Serve(listener); err != nil {
			log.Fatal(err)
		}
	}()
	return front, listener.Addr().String()
}

// count adds up what was ever published to a topic. It lets go of what acknowledged messages held:
// pstest keeps every message for ever.
func count(server *pstest.Server, topic string) counts {
	var sum counts
	for _, message := range server.Messages() {
		if message.Topic != topic {
			continue
		}
		sum.Published++
		sum.Deliveries += message.Deliveries
		if message.Acks > 0 {
			sum.Acknowledged++
			message.Data, message.Attributes = nil, nil
		}
	}
	return sum
}
