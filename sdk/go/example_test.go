package basalt_test

import (
	"context"
	"fmt"
	"log"

	basalt "github.com/basalt-dev/basalt/sdk/go"
)

type Todo struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title"`
	Done  bool   `json:"done"`
	Stars int64  `json:"stars"`
}

func Example() {
	ctx := context.Background()
	client := basalt.New("http://localhost:4122")
	if _, err := client.Auth.SignIn(ctx, "ada@example.com", "correct horse"); err != nil {
		log.Fatal(err)
	}
	todos := basalt.Collection[Todo](client, "todos")
	milk, err := todos.Add(ctx, Todo{Title: "milk"})
	if err != nil {
		log.Fatal(err)
	}
	page, err := todos.Where("done", basalt.Eq, false).OrderBy("title", basalt.Asc).Limit(20).Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(milk.ID, len(page.Items))
}

func ExampleQuery_Snapshots() {
	ctx := context.Background()
	todos := basalt.Collection[Todo](basalt.New("http://localhost:4122"), "todos")
	for snapshot, err := range todos.Where("done", basalt.Eq, false).WithCount().Snapshots(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		for _, change := range snapshot.Changes {
			fmt.Println(change.Type, change.Key)
		}
		fmt.Println(len(snapshot.Items), "of", snapshot.Total)
	}
}

func ExampleQuery_All() {
	ctx := context.Background()
	todos := basalt.Collection[Todo](basalt.New("http://localhost:4122"), "todos")
	for todo, err := range todos.Filter(`stars >= $min && title startsWith "b"`, map[string]any{"min": 3}).All(ctx) { // page after page
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(todo.Title)
	}
}

func ExampleQuery_Aggregate() {
	ctx := context.Background()
	todos := basalt.Collection[Todo](basalt.New("http://localhost:4122"), "todos")
	groups, err := todos.Aggregate(ctx, basalt.Aggregation{Group: []string{"done"}, Count: true, Sum: []string{"stars"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups {
		fmt.Println(g.Key["done"], g.Count, g.Sum["stars"])
	}
}

func ExampleDocument_IfMatch() {
	ctx := context.Background()
	todos := basalt.Collection[Todo](basalt.New("http://localhost:4122"), "todos")
	_, tag, err := todos.Doc("milk").GetWithTag(ctx)
	if err != nil {
		log.Fatal(err)
	}
	_, err = todos.Doc("milk").IfMatch(tag).Update(ctx, basalt.Patch{"stars": basalt.Increment(1)})
	if basalt.CodeOf(err) == basalt.PreconditionFailed {
		fmt.Println("someone else changed it")
	}
}

func ExampleBatch() {
	ctx := context.Background()
	client := basalt.New("http://localhost:4122")
	_, err := client.Batch().
		Create("todos", Todo{Title: "bread"}).
		Update("todos", "milk", basalt.Patch{"done": true}).
		Delete("todos", "wine").
		Commit(ctx) // all of it, or nothing
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleCall() {
	ctx := context.Background()
	client := basalt.New("http://localhost:4122")
	type receipt struct{ Paid int }
	paid, err := basalt.Call[receipt](ctx, client, "billing.charge", map[string]any{"account": "a1", "amount": 7})
	switch {
	case basalt.CodeOf(err) == basalt.Conflict:
		fmt.Println("charged already")
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println(paid.Paid)
	}
}

func ExampleStream() {
	ctx := context.Background()
	client := basalt.New("http://localhost:4122")
	for n, err := range basalt.Stream[int](ctx, client, "billing.count", map[string]int{"to": 3}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(n)
	}
}

func ExampleChannel_Join() {
	ctx := context.Background()
	room := basalt.New("http://localhost:4122").Channel("room:1")
	for event, err := range room.Join(ctx, map[string]string{"name": "Ada"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(event.Type, event.User, string(event.Data))
	}
}

func ExampleWithToken() {
	client := basalt.New("http://localhost:4122", basalt.WithToken("the key of an administrator"))
	n, err := basalt.Collection[Todo](client, "todos").Count(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
}
