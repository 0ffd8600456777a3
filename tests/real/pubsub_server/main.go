// Command pubsub_server is a real gRPC Pub/Sub on one port: Google's own in-memory server, with
// leases and redelivery, behind a front of ours that can be taken down while it keeps its messages.
//
// Its first line of output is its address. After that it answers each line of input with one line:
//
//	counts TOPIC  {"published":…,"acknowledged":…,"deliveries":…}, acknowledged by every subscription
//	down          closes the port and every connection; messages and leases live on
//	up            opens the same port again
//	lose N        from now on, the first N acknowledgements of each message get lost on their way
//
// A subscription with exactly-once delivery refuses the ack ids of earlier deliveries, as the real
// one does; pstest passes over them in silence.
//
// It ends with its input, so that it never outlives who started it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
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
	acks := &acknowledgements{server: server, lost: map[string]int{}}
	front, address := serve(server, acks, fmt.Sprintf("127.0.0.1:%d", *port))
	fmt.Println(address)

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		verb, word, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "counts":
			answer, _ := json.Marshal(count(server, word))
			fmt.Println(string(answer))
		case "down":
			front.Stop()
			fmt.Println("down")
		case "up":
			front, _ = serve(server, acks, address)
			fmt.Println("up")
		case "lose":
			first, _ := strconv.Atoi(word)
			acks.lose(first)
			fmt.Println("lose")
		default:
			fmt.Printf("no such command: %q\n", verb)
		}
	}
}

// serve opens a front to the server; pstest's own would refuse messages above 4 MB.
func serve(server *pstest.Server, acks *acknowledgements, address string) (*grpc.Server, string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	front := grpc.NewServer(grpc.MaxRecvMsgSize(requestBytes), grpc.UnaryInterceptor(acks.intercept))
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
	request := &pubsubpb.ListTopicSubscriptionsRequest{Topic: topic}
	subscribed, err := server.GServer.ListTopicSubscriptions(context.Background(), request)
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range server.Messages() {
		if message.Topic != topic {
			continue
		}
		sum.Published++
		sum.Deliveries += message.Deliveries
		if message.Acks >= len(subscribed.Subscriptions) {
			sum.Acknowledged++
			message.Data, message.Attributes = nil, nil
		}
	}
	return sum
}

// acknowledgements are what may go wrong with them between the client and pstest.
type acknowledgements struct {
	server *pstest.Server
	mutex  sync.Mutex
	first  int            // of each message's, so many get lost
	lost   map[string]int // by message id
}

func (a *acknowledgements) lose(first int) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.first, a.lost = first, map[string]int{}
}

func (a *acknowledgements) intercept(
	ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (any, error) {
	call, is := request.(*pubsubpb.AcknowledgeRequest)
	if !is {
		return handle(ctx, request)
	}
	arrived, refused := a.arrived(call.AckIds), 0
	if a.exactlyOnce(ctx, call.Subscription) {
		refused = a.stale(arrived)
	}
	call.AckIds = arrived
	answer, err := handle(ctx, call)
	if err == nil && refused > 0 {
		return nil, status.Errorf(codes.FailedPrecondition, "%d ack ids are not valid", refused)
	}
	return answer, err
}

// arrived leaves out what is to get lost this time.
func (a *acknowledgements) arrived(ackIDs []string) []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.first == 0 {
		return ackIDs
	}
	var arrived []string
	for _, id := range ackIDs {
		if message, _ := parse(id); a.lost[message] < a.first {
			a.lost[message]++
		} else {
			arrived = append(arrived, id)
		}
	}
	return arrived
}

func (a *acknowledgements) exactlyOnce(ctx context.Context, subscription string) bool {
	request := &pubsubpb.GetSubscriptionRequest{Subscription: subscription}
	found, err := a.server.GServer.GetSubscription(ctx, request)
	return err == nil && found.EnableExactlyOnceDelivery
}

// stale counts the ack ids that a later delivery has replaced.
func (a *acknowledgements) stale(ackIDs []string) int {
	count := 0
	for _, id := range ackIDs {
		message, delivery := parse(id)
		if known := a.server.Message(message); known == nil || known.Deliveries != delivery {
			count++
		}
	}
	return count
}

// parse takes one of pstest's ack ids apart, which are MESSAGE:DELIVERY.
func parse(ackID string) (message string, delivery int) {
	message, number, _ := strings.Cut(ackID, ":")
	delivery, _ = strconv.Atoi(number)
	return message, delivery
}
