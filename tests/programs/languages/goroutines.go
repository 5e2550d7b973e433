// Goroutines, channels, select, timers, garbage collection, os/exec, signals, files, panics, maps, JSON, a TCP server.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func fail(err error) {
	if err != nil {
		fmt.Println("error:", err)
	}
}

func goroutines() {
	results, squares := make(chan int), make(chan int, 4)
	var workers sync.WaitGroup
	for i := 0; i < 50; i++ {
		workers.Add(1)
		go func(i int) {
			defer workers.Done()
			sum := 0
			for j := 0; j < 3000; j++ {
				sum += i * j
			}
			results <- sum
		}(i)
	}
	go func() { workers.Wait(); close(results) }()
	total := 0
	for r := range results {
		total += r
	}
	go func() {
		defer close(squares)
		for i := 0; i < 10; i++ {
			squares <- i * i
		}
	}()
	for s := range squares {
		total += s
	}
	var mutex sync.RWMutex
	var count int64
	shared := map[int]int{}
	for i := 0; i < 8; i++ {
		workers.Add(1)
		go func(i int) {
			defer workers.Done()
			for j := 0; j < 200; j++ {
				mutex.Lock()
				shared[j%16]++
				mutex.Unlock()
				atomic.AddInt64(&count, 1)
				runtime.Gosched()
			}
		}(i)
	}
	workers.Wait()
	fmt.Println(total, len(shared), shared[3], count)
	stop := make(chan struct{})
	var spins int64
	go func() { // without a call inside, only a signal preempts it
		for atomic.LoadInt64(&spins) >= 0 {
		}
		close(stop)
	}()
	time.Sleep(2 * time.Millisecond)
	atomic.StoreInt64(&spins, -1)
	<-stop
}

func timers() {
	begin := time.Now()
	select {
	case <-time.After(5 * time.Millisecond):
		fmt.Println("after", time.Since(begin) >= 5*time.Millisecond)
	case <-make(chan int):
	}
	ticker := time.NewTicker(2 * time.Millisecond)
	for i := 0; i < 3; i++ {
		<-ticker.C
	}
	ticker.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err(), errors.Is(ctx.Err(), context.DeadlineExceeded))
	fmt.Println(time.Date(2026, 11, 22, 14, 5, 9, 0, time.UTC).Add(36 * time.Hour).Format(time.RFC1123))
}

type node struct {
	left, right *node
	text        string
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{text: strings.Repeat("x", 16)}
	}
	return &node{tree(depth - 1), tree(depth - 1), ""}
}

func (n *node) leaves() int {
	if n.left == nil {
		return len(n.text) / 16
	}
	return n.left.leaves() + n.right.leaves()
}

func garbage() {
	kept := tree(12)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	finalized := make(chan bool, 1)
	object := &node{text: "final"}
	runtime.SetFinalizer(object, func(*node) { finalized <- true })
	object = nil
	for i := 0; i < 30; i++ {
		tree(10)
		_ = make([]byte, 100000+i)
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	fmt.Println(kept.leaves(), after.NumGC > before.NumGC, <-finalized)
}

func children() {
	out, err := exec.Command(os.Args[0], "child", "a b").CombinedOutput()
	fmt.Printf("%q %v\n", out, err)
	command := exec.Command("cat")
	command.Stdin = strings.NewReader("through cat\n")
	piped, err := command.Output()
	fmt.Printf("%q %v\n", piped, err)
	var late *exec.ExitError
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err = exec.CommandContext(ctx, "sleep", "100").Run()
	fmt.Println(errors.As(err, &late), err)
	_, err = exec.LookPath("no-such-program")
	fmt.Println(err)
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGUSR1)
	fail(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	fmt.Println(<-caught)
}

func files() {
	fail(os.MkdirAll("go/a/b", 0o755))
	fail(os.WriteFile("go/a/file", []byte("one\ntwo\n"), 0o600))
	fail(os.Symlink("file", "go/a/link"))
	filepath.Walk("go", func(path string, info os.FileInfo, err error) error {
		fmt.Print(path, " ", info.Mode(), "; ")
		return err
	})
	file, err := os.Open("go/a/link")
	fail(err)
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
	}
	_, err = os.Open("go/none")
	fmt.Println(lines, err, os.RemoveAll("go"))
	text, err := json.Marshal(map[string]any{"b": []int{1, 2}, "a": 1.5, "c": nil})
	var back map[string]any
	fail(json.Unmarshal(text, &back))
	keys := make([]string, 0)
	for key := range back {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	fmt.Println(string(text), err, keys)
}

func network() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(connection, connection); connection.Close() }()
		}
	}()
	var clients sync.WaitGroup
	var bytes int64
	for i := 0; i < 5; i++ {
		clients.Add(1)
		go func() {
			defer clients.Done()
			connection, err := net.Dial("tcp", listener.Addr().String())
			fail(err)
			go func() { io.CopyN(connection, strings.NewReader(strings.Repeat("z", 50000)), 50000); connection.(*net.TCPConn).CloseWrite() }()
			n, _ := io.Copy(io.Discard, connection)
			atomic.AddInt64(&bytes, n)
		}()
	}
	clients.Wait()
	fmt.Println(bytes, listener.Close())
}

func recovered(body func()) {
	defer func() { fmt.Println("recovered:", recover()) }()
	body()
}

func main() {
	if len(os.Args) > 1 {
		fmt.Printf("%d %s", len(os.Args), os.Args[2])
		os.Exit(3)
	}
	goroutines()
	timers()
	garbage()
	children()
	files()
	network()
	recovered(func() { var nothing *node; fmt.Println(nothing.text) })
	recovered(func() { list := []int{1}; index := 5; fmt.Println(list[index]) })
	recovered(func() { zero := 0; fmt.Println(1 / zero) })
	os.Exit(5)
}
