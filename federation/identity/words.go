package identity

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/tyler-smith/go-bip39"

	"nvrd/pkg/nvr"
)

// WordCount is how many words a seed has.
const WordCount = 24

// Words returns the seed as 24 English words (BIP 39), the last of which also
// checks the others.
func (s Seed) Words() []string {
	text, err := bip39.NewMnemonic(s[:])
	if err != nil {
		panic(err) // of 32 bytes, which it takes
	}
	return strings.Fields(text)
}

// ParseWords reads words as people type them from paper: in any case, with
// numbers, commas or line breaks between them, and of each word as many letters
// as tell it from the others (four always do). Errors are nvr.ErrInvalid and say
// which word is wrong, and what it might be.
func ParseWords(text string) (Seed, error) {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	for i, w := range words {
		full, err := complete(w)
		if err != nil {
			return Seed{}, fmt.Errorf("%w: word %d: %w", nvr.ErrInvalid, i+1, err)
		}
		words[i] = full
	}
	if len(words) != WordCount {
		return Seed{}, fmt.Errorf("%w: these are %d words of %d", nvr.ErrInvalid, len(words), WordCount)
	}
	entropy, err := bip39.EntropyFromMnemonic(strings.Join(words, " "))
	if err != nil {
		return Seed{}, fmt.Errorf("%w: each of these is a word, but not all of them are the right ones in the right order: compare them with the paper", nvr.ErrInvalid)
	}
	return Seed(entropy), nil
}

// complete returns the word of the list that begins so.
func complete(w string) (string, error) {
	list := bip39.GetWordList()
	i, found := slices.BinarySearch(list, w)
	switch {
	case found:
		return w, nil
	case len(w) >= 3 && i < len(list) && strings.HasPrefix(list[i], w) && (i+1 == len(list) || !strings.HasPrefix(list[i+1], w)):
		return list[i], nil
	}
	if likely := slices.MinFunc(list, func(a, b string) int { return distance(w, a) - distance(w, b) }); distance(w, likely) <= 2 {
		return "", fmt.Errorf("%q is not one of the words; is it %q?", w, likely)
	}
	return "", fmt.Errorf("%q is not one of the words", w)
}

// distance is how many letters have to be changed, added or left out
// (Levenshtein). Words that people type are short; longer ones are cut.
func distance(a, b string) int {
	const most = 12
	a, b = a[:min(len(a), most)], b[:min(len(b), most)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
